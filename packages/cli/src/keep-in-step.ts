/** The long life of an `up`: answers other commands, tells what happens, and ends when it is stopped or has to. */
import { webSocketTransport } from '@evermesh/adapters/web-socket';
import { type EvermeshError, systemClock } from '@evermesh/core';
import type { Mirror } from '@evermesh/mirror';
import type { CommandContext } from './command-context.ts';
import { ConflictTeller } from './conflict-teller.ts';
import { ControlServer } from './control-server.ts';
import type { Daemon } from './daemon.ts';
import type { CliEvent } from './events.ts';
import { tellLink } from './link-events.ts';
import { LostEvents } from './lost-events.ts';
import { mirrorEvent } from './mirror-events.ts';
import type { Settings } from './settings.ts';
import { SlowProgress } from './slow-progress.ts';
import { SyncedWatch } from './synced-watch.ts';
import { readToken } from './token-file.ts';
import { TokenRenewal } from './token-renewal.ts';
import type { Running } from './with-daemon.ts';
import { tellWithheld } from './withheld-files.ts';

/** @throws what ended it: the signal's reason, a halted mirror, or a relay that refuses a first run */
export async function keepInStep(
  running: Running,
  settings: Settings,
  { output, config, signal }: CommandContext,
): Promise<void> {
  const { daemon } = running;
  // First of all: until the folder has arrived, somebody may want to know what it waits for.
  const control = await ControlServer.open({ device: daemon, data: settings.data, runtime: config.runtime });
  const tell = (event: CliEvent): void => {
    output.tell(event);
    control.tell(event);
  };
  const progress = new SlowProgress(systemClock, tell);
  const fatal = (): EvermeshError | undefined => fatalOf(daemon, settings);
  const stopTelling = tellLink(daemon.link, { tell, progress, isSaidLater: () => fatal() !== undefined });
  try {
    const mirror = (await daemon.open({ signal })) as Mirror;
    using _ = tellMirror(running, mirror, tell, progress);
    using __ = renewToken(running, settings);
    mirror.start();
    await daemon.link.until(() => fatal() !== undefined, signal);
    throw fatal() as EvermeshError;
  } finally {
    stopTelling();
    await control.close();
  }
}

function renewToken(
  { daemon, device, token }: Running,
  { relay, tokenFile }: Settings,
): TokenRenewal | undefined {
  if (token === undefined || tokenFile === undefined) return undefined;
  return new TokenRenewal({
    clock: systemClock,
    link: daemon.link,
    token,
    read: async () => (await readToken(tokenFile)).token,
    connect: (renewed) => device.replica.connect(webSocketTransport(relay, { token: renewed })),
  });
}

function tellMirror(
  { daemon, device, mirrorEvents }: Running,
  mirror: Mirror,
  tell: (event: CliEvent) => void,
  progress: SlowProgress,
): Disposable {
  const conflicts = new ConflictTeller(device.folder, daemon.conflicts, (conflict) =>
    tell({ event: 'conflict', ...conflict }),
  );
  const synced = new SyncedWatch(mirror, daemon.link, (files) => {
    progress.end();
    tell({ event: 'synced', files });
  });
  const lost = new LostEvents(systemClock, tell);
  const stop = mirrorEvents.add((event) => {
    if (event.type === 'inStep') {
      void conflicts.look().catch(() => undefined);
      void daemon.introduce().catch(() => undefined);
      synced.look();
    } else if (event.type === 'conflict') conflicts.suspect();
    else if (event.type === 'eventsLost') lost.happened();
    else if (event.type === 'halted') daemon.link.changed.emit();
    else {
      const told = mirrorEvent(event);
      if (told.event === 'progress') progress.at(told);
      else tell(told);
      if (event.type === 'change') {
        conflicts.arrived(event.path);
        synced.changed();
      }
    }
  });
  const stopWithheld = tellWithheld(daemon.link, device.folder, tell);
  return {
    [Symbol.dispose]: () => {
      stop();
      stopWithheld();
      synced.close();
    },
  };
}

/**
 * Why it makes no sense to go on. A relay that refuses the very first run, or a folder that never arrived, was named
 * wrongly most likely; later, work goes on without the relay.
 */
function fatalOf({ link, mirror }: Daemon, { known }: Settings): EvermeshError | undefined {
  const { failure } = link;
  const worksWithout =
    mirror !== undefined && (known || link.wasConnected) && !failure?.code.startsWith('STORE_');
  return mirror?.halted ?? (worksWithout ? undefined : failure);
}
