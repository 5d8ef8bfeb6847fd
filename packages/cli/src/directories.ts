/**
 * The registry: what `up` and `sync` were told about each directory, so that later commands on it need no flag. One
 * small file a directory, named by a hash of its real path; nothing here is needed to read the data itself.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile, realpath, rm } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { type FolderId, isFolderId } from '@evermesh/core/base';
import { EvermeshError } from '@evermesh/core/errors';
import { writeAtomically } from './atomic-file.ts';
import { areKeptVersions } from './keep-versions.ts';
import { parseRelayUrl } from './relay-url.ts';
import { usageError } from './usage-error.ts';

/**
 * Version 2 says which versions are kept. An earlier evermesh would let others go without being asked: it must not take such a file for
 * one of its own, and one that says nothing of it stays as it was.
 */
const VERSION = 2;
const versionOf = ({ keepVersions }: Pick<DirectoryEntry, 'keepVersions'>): number =>
  keepVersions === undefined ? 1 : VERSION;

export interface DirectoryEntry {
  /** The real path. */
  readonly directory: string;
  readonly folder: FolderId;
  readonly relay: string;
  readonly data: string;
  readonly tokenFile?: string | undefined;
  readonly deviceName?: string | undefined;
  /** As `--keep-versions` has it; absent: it was never said. */
  readonly keepVersions?: string | undefined;
}

/**
 * The path by which a directory is known, whether it exists or not: symbolic links on the way are followed.
 * @throws CONFIG_INVALID if it cannot be reached
 */
export async function realPathOf(path: string): Promise<string> {
  // As from a variable that is not set; it would be taken for the directory one happens to be in.
  if (path === '')
    throw usageError('A path was given that is empty.', `Write the path; '.' is the directory you are in.`);
  const absolute = resolve(path);
  try {
    return await realpath(absolute);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      throw usageError(
        // It names the path itself, once more.
        `${absolute} cannot be used: ${(error as Error).message.replace(/, \w+ '.*'$/s, '')}.`,
        'Choose another path.',
        error,
      );
    }
    const parent = dirname(absolute);
    return parent === absolute ? absolute : join(await realPathOf(parent), basename(absolute));
  }
}

export class Directories {
  readonly #state: string;

  constructor(state: string) {
    this.#state = state;
  }

  /** The file that remembers a directory. */
  fileOf(directory: string): string {
    const hash = createHash('sha256').update(directory).digest('hex').slice(0, 16);
    return join(this.#state, 'directories', `${hash}.json`);
  }

  /** @throws CONFIG_INVALID if what is remembered cannot be understood */
  async get(directory: string): Promise<DirectoryEntry | undefined> {
    const file = this.fileOf(directory);
    const entry = await this.#read(file);
    // Two paths with one hash would be two directories with one memory.
    if (entry !== undefined && entry.directory !== directory)
      throw unreadable(file, `it speaks of another directory than ${directory}`);
    return entry;
  }

  /** The nearest remembered directory that is or contains this one. */
  async around(directory: string): Promise<DirectoryEntry | undefined> {
    for (let at = directory; ; at = dirname(at)) {
      const entry = await this.get(at);
      if (entry !== undefined || at === dirname(at)) return entry;
    }
  }

  /** Every remembered directory. What cannot be understood is left out: it is told when somebody asks for it by name. */
  async all(): Promise<DirectoryEntry[]> {
    const found: DirectoryEntry[] = [];
    for (const name of await readdir(join(this.#state, 'directories')).catch(() => [])) {
      if (!name.endsWith('.json')) continue;
      const entry = await this.#read(join(this.#state, 'directories', name)).catch(() => undefined);
      if (entry !== undefined) found.push(entry);
    }
    return found;
  }

  /** @throws CONFIG_INVALID if nothing can be remembered */
  async put(entry: DirectoryEntry): Promise<void> {
    const text = JSON.stringify({ version: versionOf(entry), ...entry }, undefined, 2);
    const file = this.fileOf(entry.directory);
    try {
      await writeAtomically(file, `${text}\n`);
    } catch (error) {
      throw usageError(
        `What belongs to ${entry.directory} cannot be remembered in ${file}: ${(error as Error).message}.`,
        'Make room and correct the permissions there, or set XDG_STATE_HOME to another directory.',
        error,
      );
    }
  }

  async forget(directory: string): Promise<void> {
    await rm(this.fileOf(directory), { force: true });
  }

  async #read(file: string): Promise<DirectoryEntry | undefined> {
    let text: string;
    try {
      text = await readFile(file, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw unreadable(file, (error as Error).message, error);
    }
    return decode(file, text);
  }
}

/** Whether `inner` is `outer` or lies in it. */
export const contains = (outer: string, inner: string): boolean => {
  const path = relative(outer, inner);
  return path === '' || (path !== '..' && !path.startsWith('../') && !path.startsWith('/'));
};

function decode(file: string, text: string): DirectoryEntry {
  let value: Readonly<Record<string, unknown>>;
  try {
    value = JSON.parse(text) as Readonly<Record<string, unknown>>;
  } catch (error) {
    throw unreadable(file, 'it is not JSON', error);
  }
  if (typeof value !== 'object' || value === null) throw unreadable(file, 'it is not an object');
  const { version, directory, folder, relay, data, tokenFile, deviceName, keepVersions } = value;
  if (typeof version === 'number' && version > VERSION) {
    throw new EvermeshError('FORMAT_TOO_NEW', `A newer evermesh wrote ${file}.`);
  }
  if (version !== 1 && version !== VERSION) throw unreadable(file, 'it has no known version');
  if (typeof directory !== 'string') throw unreadable(file, 'it names no directory');
  if (typeof folder !== 'string' || !isFolderId(folder)) throw unreadable(file, 'it names no folder');
  if (typeof relay !== 'string' || typeof data !== 'string')
    throw unreadable(file, 'it names no relay or no data');
  if (!isOptionalText(tokenFile) || !isOptionalText(deviceName))
    throw unreadable(file, 'a field is not text');
  if (!isOptionalText(keepVersions) || (keepVersions !== undefined && !areKeptVersions(keepVersions)))
    throw unreadable(file, 'it does not say which versions are kept');
  return { directory, folder, relay: relayOf(file, relay), data, tokenFile, deviceName, keepVersions };
}

function relayOf(file: string, relay: string): string {
  try {
    return parseRelayUrl(relay);
  } catch (error) {
    throw unreadable(file, (error as Error).message.replace(/\.$/, ''), error);
  }
}

const isOptionalText = (value: unknown): value is string | undefined =>
  value === undefined || typeof value === 'string';

const unreadable = (file: string, why: string, cause?: unknown): EvermeshError =>
  new EvermeshError('CONFIG_INVALID', `${file} cannot be used: ${why}.`, {
    details: {
      next: `Remove ${file}, then run 'evermesh up DIR --relay URL' again, with --data and --keep-versions if they were given.`,
    },
    cause,
  });
