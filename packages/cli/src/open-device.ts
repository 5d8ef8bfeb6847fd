/** Opens the device of a directory: its replica, and the one folder that the directory shows. */
import { readdir, rm, rmdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileBlobs } from '@evermesh/adapters/blob-files';
import { threadCompaction } from '@evermesh/adapters/compaction-thread';
import { levelStore } from '@evermesh/adapters/level';
import {
  EvermeshError,
  type Folder,
  type FolderId,
  isEvermeshError,
  type Logger,
  openReplica,
  type Replica,
} from '@evermesh/core';
import { leaveDirectory } from '@evermesh/mirror';
import { runningProcess } from './control-client.ts';
import { CONTROL_FILE } from './control-protocol.ts';
import { makeDataDirectory } from './data-directory.ts';
import { historyOf } from './keep-versions.ts';
import { shellWord } from './printable.ts';
import { endRepair, isRepaired, repairRuns } from './repair/repair-place.ts';
import type { Settings } from './settings.ts';
import { usageError } from './usage-error.ts';
import { exists } from './exists.ts';

export interface OpenDevice {
  readonly replica: Replica;
  readonly folder: Folder;
  /** The folder was made by this call. */
  readonly created: boolean;
}

/** Without a device name, the store's own stays. */
export type DeviceSettings = Pick<
  Settings,
  'directory' | 'data' | 'folder' | 'caseSensitive' | 'keepVersions'
> & {
  readonly deviceName: string | undefined;
};

/** @throws STORE_LOCKED with what to do, if another process has the data directory */
export async function openDevice(settings: DeviceSettings, logger: Logger): Promise<OpenDevice> {
  await makeDataDirectory(settings.data);
  await endRepair(settings.data);
  const replica = await openReplicaOf(settings, logger);
  try {
    // A repair that began meanwhile found the store free.
    if (await isRepaired(settings.data)) throw repairRuns(settings.data);
    return { replica, ...(await openFolder(replica, settings)) };
  } catch (error) {
    await replica.close();
    throw error;
  }
}

/** Whether a mirror marked the directory: the mark is not for a first start to remove that finds it. */
export const isMarked = (directory: string): Promise<boolean> =>
  exists(join(directory, '.evermesh', 'folder.json'));

/** Whether a damaged store was replaced here: what is left of it is not a first start's. */
export const wasRepaired = ({ data }: Pick<Settings, 'data'>): Promise<boolean> =>
  exists(join(data, 'damaged-1'));

/** Whether the folder was made here, or has come from the relay at least once. */
export const hasArrived = (folder: Folder): boolean => folder.nodes.ready || folder.name !== '';

/**
 * Removes what a failed first start left: nothing was ever kept in it, and the directory is free for another folder.
 * @param folder of which this start marked the directory; `undefined` if it did not
 */
export async function forgetData({ data, directory }: Settings, folder: FolderId | undefined): Promise<void> {
  // One that cannot be read has no mark of this start, and why it failed is told already.
  if (folder !== undefined) await leaveDirectory(directory, folder).catch(() => undefined);
  for (const name of ['store', 'blobs', 'conflicts', CONTROL_FILE])
    await rm(join(data, name), { recursive: true, force: true });
  // Not empty: somebody keeps other things there.
  await rmdir(data).catch(() => undefined);
}

export async function hasStore({ data }: Pick<Settings, 'data'>): Promise<boolean> {
  await endRepair(data);
  return exists(join(data, 'store'));
}

async function openReplicaOf(
  { directory, data, deviceName, keepVersions }: DeviceSettings,
  logger: Logger,
): Promise<Replica> {
  try {
    return await openReplica({
      store: levelStore(join(data, 'store')),
      blobs: fileBlobs(join(data, 'blobs')),
      compaction: { runner: threadCompaction() },
      deviceName,
      history: historyOf(keepVersions),
      logger,
    });
  } catch (error) {
    if (!isEvermeshError(error, 'STORE_LOCKED')) throw error;
    const process = await runningProcess(data);
    throw new EvermeshError(
      'STORE_LOCKED',
      process === undefined
        ? `Another evermesh process uses ${data}.`
        : `An 'evermesh up' (process ${process}) keeps ${directory} in step already.`,
      {
        cause: error,
        details: {
          next:
            process === undefined
              ? 'Run the command again when that has ended.'
              : `Ask it with 'evermesh status ${shellWord(directory)}', or stop it first.`,
        },
      },
    );
  }
}

/** What is there may be an earlier version of what the folder has, which only its records tell. */
async function holdsSomething(directory: string): Promise<boolean> {
  try {
    return (await readdir(directory)).some((name) => name !== '.evermesh');
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}

async function openFolder(
  replica: Replica,
  { directory, folder: id, data, caseSensitive }: DeviceSettings,
): Promise<{ folder: Folder; created: boolean }> {
  const here = (folder: Folder): { folder: Folder; created: false } => {
    if (!caseSensitive || folder.caseSensitive) return { folder, created: false };
    throw usageError(
      `The folder of ${directory} does not tell upper from lower case: that was decided when it was made.`,
      'Leave out --case-sensitive, or make another folder with it.',
    );
  };
  if (id !== undefined) {
    const history = await holdsSomething(directory);
    return here(await replica.joinFolder(id, { history }));
  }
  const [first, ...others] = replica.folders();
  if (first === undefined) {
    const folder = await replica.createFolder({ name: basename(directory) || 'root', caseSensitive });
    return { folder, created: true };
  }
  // A start that was cut short made the folder and did not come to remember it; with several nobody can tell which.
  if (others.length === 0) return here(await replica.folder(first.id));
  throw usageError(
    `The data directory ${data} holds ${others.length + 1} folders, and none is remembered for ${directory}.`,
    `Name one with --folder: ${[first, ...others].map((entry) => entry.id).join(', ')}.`,
  );
}
