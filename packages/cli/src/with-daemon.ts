/**
 * What `up` and `sync` have in common: opens everything a directory needs, remembers it, and closes it again in the
 * right order. A first run that came to nothing leaves nothing behind, so that the next one may be told something else.
 */
import { webSocketTransport } from '@evermesh/adapters/web-socket';
import { isEvermeshError, Listeners, systemClock } from '@evermesh/core';
import { type Mirror, type MirrorEvent, openMirror } from '@evermesh/mirror';
import type { CommandContext } from './command-context.ts';
import { Conflicts } from './conflict-report.ts';
import { Daemon } from './daemon.ts';
import { deviceStoreError } from './data-directory.ts';
import { folderEvent } from './folder-event.ts';
import { LinkWatch } from './link-watch.ts';
import { forgetData, hasArrived, isMarked, type OpenDevice, openDevice, wasRepaired } from './open-device.ts';
import type { DirectoryFlags, Settings } from './settings.ts';
import { Stopped } from './stop-signal.ts';
import { tokenOf } from './token-file.ts';

export interface DaemonFlags extends DirectoryFlags {
  readonly allowMassDeletion?: boolean | undefined;
  readonly joinAgain?: boolean | undefined;
}

export interface Running {
  readonly daemon: Daemon;
  readonly device: OpenDevice;
  readonly mirrorEvents: Listeners<MirrorEvent>;
  /** The relay's token; absent without a token file. */
  readonly token: string | undefined;
}

export async function withDaemon<Result>(
  settings: Settings,
  flags: DaemonFlags,
  context: CommandContext,
  use: (running: Running) => Promise<Result>,
): Promise<Result> {
  try {
    return await withDevice(settings, flags, context, use);
  } catch (error) {
    throw deviceStoreError(error, settings);
  }
}

async function withDevice<Result>(
  settings: Settings,
  flags: DaemonFlags,
  context: CommandContext,
  use: (running: Running) => Promise<Result>,
): Promise<Result> {
  const { directories, output, logger } = context;
  const token = await tokenOf(settings.tokenFile, output);
  const device = await openDevice(settings, logger);
  let inVain = false;
  const wasMarked = await isMarked(settings.directory);
  let link: LinkWatch | undefined;
  try {
    const { directory, relay, data, tokenFile, deviceName, keepVersions } = settings;
    const folder = device.folder.id;
    await directories.put({ directory, folder, relay, data, tokenFile, deviceName, keepVersions });
    output.tell(folderEvent(settings, device));
    return await start(settings, flags, device, token, (running) => {
      ({ link } = running.daemon);
      return use(running);
    });
  } catch (error) {
    // A relay that took a new folder may have told others of it.
    const isKnownElsewhere = device.created && link?.wasConnected === true;
    inVain = !isKnownElsewhere && cameToNothing(error, settings, device) && !(await wasRepaired(settings));
    throw error;
  } finally {
    await device.replica.close();
    if (inVain) {
      await directories.forget(settings.directory);
      await forgetData(settings, wasMarked ? undefined : device.folder.id);
    }
  }
}

async function start<Result>(
  settings: Settings,
  flags: DaemonFlags,
  device: OpenDevice,
  token: string | undefined,
  use: (running: Running) => Promise<Result>,
): Promise<Result> {
  const { replica, folder } = device;
  const mirrorEvents = new Listeners<MirrorEvent>();
  const open = (): Promise<Mirror> =>
    openMirror({
      folder,
      directory: settings.directory,
      create: true,
      allowMassDeletion: flags.allowMassDeletion,
      joinAgain: flags.joinAgain,
      onEvent: (event) => mirrorEvents.emit(event),
    });
  // The directory first: if it cannot be used, the relay need not hear of a folder that was made for it.
  const mirror = hasArrived(folder) ? await open() : undefined;
  const link = new LinkWatch(
    replica.connect(webSocketTransport(settings.relay, { token })),
    folder.id,
    settings.relay,
  );
  const daemon = new Daemon({
    settings,
    device,
    link,
    conflicts: new Conflicts(folder, settings),
    clock: systemClock,
    mirror,
    openMirror: open,
  });
  try {
    return await use({ daemon, device, mirrorEvents, token });
  } finally {
    await daemon.close();
  }
}

/** Nothing was taken in and nothing has arrived: what was opened is of no use to anybody. */
function cameToNothing(
  error: unknown,
  { known }: Settings,
  { replica, folder, created }: OpenDevice,
): boolean {
  if (error instanceof Stopped || (known && !isEvermeshError(error, 'FOLDER_NOT_FOUND'))) return false;
  const isEmpty = [...folder.nodes.all()].length === 0;
  return replica.folders().length === 1 && isEmpty && (created || folder.name === '');
}
