/** Opens the device of a directory, brings it in step once, and closes it again. */
import { systemClock } from '@evermesh/core';
import type { CommandContext } from './command-context.ts';
import type { CliEvent } from './events.ts';
import { tellLink } from './link-events.ts';
import { mirrorEvent } from './mirror-events.ts';
import type { SyncReport } from './reports.ts';
import type { Settings } from './settings.ts';
import { SlowProgress } from './slow-progress.ts';
import { type DaemonFlags, type Running, withDaemon } from './with-daemon.ts';

export interface SyncOnce {
  readonly tell: (event: CliEvent) => void;
  /** Milliseconds for which a relay that cannot be reached is tried. */
  readonly wait: number;
  /** Is done when it is in step as far as it gets. Answers whether it has to be brought in step once more. */
  readonly after?: ((running: Running) => Promise<boolean>) | undefined;
}

export function syncOnce(
  settings: Settings,
  flags: DaemonFlags,
  context: CommandContext,
  { tell, wait, after }: SyncOnce,
): Promise<SyncReport> {
  const { signal } = context;
  return withDaemon(settings, flags, context, async (running) => {
    const { daemon, mirrorEvents } = running;
    const progress = new SlowProgress(systemClock, tell);
    mirrorEvents.add((event) => {
      if (event.type === 'progress' || event.type === 'change') {
        const told = mirrorEvent(event);
        if (told.event === 'progress') progress.at(told);
        else tell(told);
      }
    });
    // Where the link stands is in the answer; only what it fetches takes long enough to be told on the way.
    tellLink(daemon.link, { tell, progress, isSaidLater: () => true });
    await daemon.open({ signal, wait });
    // Whoever waited for the folder in vain waited long enough.
    const report = await daemon.sync({ signal, wait: daemon.mirror === undefined ? 0 : wait });
    return (await after?.(running)) === true ? daemon.sync({ signal, wait }) : report;
  });
}
