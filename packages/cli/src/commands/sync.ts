/** `evermesh sync DIR`: brings a directory in step once. A running `up` on it is asked to do so. */
import type { CommandContext } from '../command-context.ts';
import { askRunning } from '../control-client.ts';
import type { CliEvent } from '../events.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { tellLink } from '../link-events.ts';
import { mirrorEvent } from '../mirror-events.ts';
import type { SyncReport } from '../reports.ts';
import { settingsFor, type Settings } from '../settings.ts';
import { SlowProgress } from '../slow-progress.ts';
import { systemClock } from '@evermesh/core';
import { usageError } from '../usage-error.ts';
import { type DaemonFlags, withDaemon } from '../with-daemon.ts';

export interface SyncFlags extends DaemonFlags {
  readonly wait: string;
}

export async function sync(path: string, flags: SyncFlags, context: CommandContext): Promise<ExitCode> {
  const { output, signal } = context;
  const wait = parseWait(flags.wait);
  const settings = await settingsFor(path, flags, context);
  // Problems and conflicts stand in the answer; said twice they would look like more.
  const onEvent = (event: CliEvent): void => {
    if (event.event === 'change' || event.event === 'progress') output.tell(event);
  };
  const running = await askRunning({ data: settings.data, onEvent });
  if (running !== undefined) await checkSame(flags, settings, context);
  const report = await (running?.sync({ signal, wait }) ?? syncHere(settings, flags, context, onEvent, wait));
  output.tell({ event: 'sync', ...report });
  if (report.problems.length > 0) return EXIT.partial;
  return report.inStep && report.conflicts.length === 0 ? EXIT.inStep : EXIT.pending;
}

function syncHere(
  settings: Settings,
  flags: SyncFlags,
  context: CommandContext,
  tell: (event: CliEvent) => void,
  wait: number,
): Promise<SyncReport> {
  const { signal } = context;
  return withDaemon(settings, flags, context, async ({ daemon, mirrorEvents }) => {
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
    return daemon.sync({ signal, wait: daemon.mirror === undefined ? 0 : wait });
  });
}

/** What a running `up` was started with stays as it is until it is stopped. */
async function checkSame(
  flags: SyncFlags,
  settings: Settings,
  { directories }: CommandContext,
): Promise<void> {
  const entry = await directories.get(settings.directory);
  const { relay, tokenFile, deviceName } = settings;
  const isSame =
    entry?.relay === relay &&
    entry.tokenFile === tokenFile &&
    (flags.deviceName === undefined || entry.deviceName === deviceName);
  if (isSame && flags.allowMassDeletion !== true && flags.joinAgain !== true) return;
  throw usageError(
    `An 'evermesh up' runs on ${settings.directory}, and these flags would change what it works with.`,
    'Leave them out, or stop it first.',
  );
}

function parseWait(text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !(seconds >= 0 && seconds <= 86_400)) {
    throw usageError(`'${text}' is no number of seconds.`, 'Write for instance --wait 30; at most a day.');
  }
  return seconds * 1000;
}
