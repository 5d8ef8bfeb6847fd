/**
 * What a command on a directory works with: what was given now, over what was remembered. Nothing is guessed where a
 * guess could mix two folders, and nothing is written here.
 */
import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { type FolderId, isFolderId } from '@evermesh/core/base';
import type { Config } from './config.ts';
import { checkKeptVersions } from './keep-versions.ts';
import { contains, type Directories, type DirectoryEntry, realPathOf } from './directories.ts';
import { parseRelayUrl } from './relay-url.ts';
import { checkOwnData } from './own-data.ts';
import { usageError } from './usage-error.ts';

/** Options of `up` and `sync`, as given. */
export interface DirectoryFlags {
  readonly relay?: string | undefined;
  readonly folder?: string | undefined;
  readonly data?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly deviceName?: string | undefined;
  readonly keepVersions?: string | undefined;
  readonly caseSensitive?: boolean | undefined;
}

export interface Settings {
  readonly directory: string;
  readonly relay: string;
  readonly data: string;
  /** Absent: a folder is made, unless the data directory already has this directory's. */
  readonly folder: FolderId | undefined;
  readonly tokenFile: string | undefined;
  readonly deviceName: string;
  /** As `--keep-versions` has it; absent: it was never said. */
  readonly keepVersions: string | undefined;
  /** Asked for now: a folder that is made tells names apart which differ in case only, and one that is here does so already. */
  readonly caseSensitive: boolean;
  /** Whether an earlier `up` or `sync` on this directory is remembered. */
  readonly known: boolean;
}

/** @throws CONFIG_INVALID if something is missing, or contradicts what is remembered */
export async function settingsFor(
  path: string,
  flags: DirectoryFlags,
  { config, directories }: { config: Config; directories: Directories },
): Promise<Settings> {
  const directory = await realPathOf(path);
  await checkDirectory(directory);
  const entry = await directories.get(directory);
  const data = await settleData(directory, flags, entry, config);
  if (entry === undefined) {
    await checkApart(directory, data, directories);
    await checkOwnData(data);
  }
  return {
    directory,
    data,
    relay: settleRelay(flags, entry, directory),
    folder: settleFolder(flags, entry),
    tokenFile: flags.tokenFile === undefined ? entry?.tokenFile : await linkPathOf(flags.tokenFile),
    deviceName: checkName(flags.deviceName) ?? entry?.deviceName ?? config.hostName,
    keepVersions: checkKeptVersions(flags.keepVersions) ?? entry?.keepVersions,
    caseSensitive: flags.caseSensitive === true,
    known: entry !== undefined,
  };
}

/** Where a file is: one that is a link may lead elsewhere tomorrow, as a token does that is renewed. */
const linkPathOf = async (path: string): Promise<string> =>
  path === '' ? realPathOf(path) : join(await realPathOf(dirname(resolve(path))), basename(resolve(path)));

/** The settings of a directory, or of one around it, that `up` or `sync` was run on before. */
export async function recall(
  path: string,
  { config, directories }: { config: Config; directories: Directories },
): Promise<Settings> {
  const directory = await realPathOf(path);
  const entry = await directories.around(directory);
  if (entry === undefined) {
    throw usageError(
      `${directory} is not kept in step by evermesh, and neither is a directory around it.`,
      `Run 'evermesh up ${path} --relay URL' first.`,
    );
  }
  return {
    ...entry,
    tokenFile: entry.tokenFile,
    deviceName: entry.deviceName ?? config.hostName,
    keepVersions: entry.keepVersions,
    caseSensitive: false,
    known: true,
  };
}

async function checkDirectory(directory: string): Promise<void> {
  try {
    if ((await stat(directory)).isDirectory()) return;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw usageError(
      `${directory} cannot be used: ${(error as Error).message}.`,
      'Choose a directory of yours.',
      error,
    );
  }
  throw usageError(
    `${directory} is not a directory.`,
    'Give a directory; a single file cannot be kept in step.',
  );
}

/** Two mirrors of one place, or two devices in one store, would undo each other's work. */
async function checkApart(directory: string, data: string, directories: Directories): Promise<void> {
  for (const other of await directories.all()) {
    if (contains(other.directory, directory) || contains(directory, other.directory)) {
      throw usageError(
        `${directory} and ${other.directory}, which is kept in step already, lie in one another.`,
        'Choose a directory apart from it.',
      );
    }
    // What a store holds would be mirrored, or a store lie among what is.
    if (contains(other.data, directory) || contains(directory, other.data)) {
      throw usageError(
        `${directory} and ${other.data}, where the data of ${other.directory} lies, lie in one another.`,
        'Choose a directory apart from it.',
      );
    }
    if (contains(other.directory, data) || contains(data, other.directory)) {
      throw usageError(
        `The data directory ${data} and ${other.directory}, which is kept in step, lie in one another.`,
        'Give a data directory elsewhere: --data DIR.',
      );
    }
    if (contains(other.data, data) || contains(data, other.data)) {
      throw usageError(
        `The data directory ${data} belongs to ${other.directory}.`,
        'Give another one with --data, or leave it out.',
      );
    }
  }
}

function settleRelay(flags: DirectoryFlags, entry: DirectoryEntry | undefined, directory: string): string {
  if (flags.relay !== undefined) return parseRelayUrl(flags.relay);
  if (entry !== undefined) return entry.relay;
  throw usageError(
    `No relay is known for ${directory} yet.`,
    'Add --relay URL, for instance --relay ws://127.0.0.1:8787. It is remembered.',
  );
}

function settleFolder(flags: DirectoryFlags, entry: DirectoryEntry | undefined): FolderId | undefined {
  if (flags.folder === undefined) return entry?.folder;
  if (flags.caseSensitive === true) {
    throw usageError(
      'Whether a folder tells upper from lower case is said where it is made, not where it is joined.',
      'Leave out --case-sensitive.',
    );
  }
  const folder = flags.folder.toLowerCase();
  if (!isFolderId(folder)) {
    throw usageError(
      `'${flags.folder}' is no folder id: one is 32 hexadecimal digits.`,
      `'evermesh status' on a device that has the folder shows its id.`,
    );
  }
  if (entry !== undefined && entry.folder !== folder) {
    throw usageError(
      `${entry.directory} already belongs to folder ${entry.folder}, not to ${folder}.`,
      'Leave out --folder to go on with it, or give another directory for the other folder.',
    );
  }
  return folder;
}

async function settleData(
  directory: string,
  flags: DirectoryFlags,
  entry: DirectoryEntry | undefined,
  config: Config,
): Promise<string> {
  const given = flags.data === undefined ? undefined : await realPathOf(flags.data);
  if (given !== undefined && entry !== undefined && given !== entry.data) {
    throw usageError(
      `The data of ${directory} lies in ${entry.data}, not in ${given}.`,
      'Leave out --data; what was not sent yet lies there.',
    );
  }
  const data = given ?? entry?.data ?? (await realPathOf(defaultData(directory, config)));
  // The store would be mirrored into the folder it holds, or the mirror would write into the store.
  if (contains(directory, data) || contains(data, directory)) {
    throw usageError(
      `The data directory ${data} and ${directory} lie in one another.`,
      'Give a data directory elsewhere: --data DIR.',
    );
  }
  return data;
}

const defaultData = (directory: string, config: Config): string => {
  const hash = createHash('sha256').update(directory).digest('hex').slice(0, 8);
  // The name is for people who look at the data directory; the hash is what tells two apart.
  const name = basename(directory)
    .replaceAll(/[^A-Za-z0-9_-]/g, '_')
    .slice(0, 40);
  return join(config.data, `${name || 'root'}-${hash}`);
};

function checkName(name: string | undefined): string | undefined {
  if (name === undefined) return undefined;
  const trimmed = name.trim();
  if (trimmed === '' || trimmed.length > 100) {
    throw usageError('A device name has 1 to 100 characters.', 'Give another one: --device-name NAME.');
  }
  return trimmed;
}
