/** The real file system. */
import { constants, link, lstatSync, rename, renameSync, unlink, unlinkSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import type { DirectoryListing, FileStat, FileSystem } from './file-system.ts';
import { ended } from './node-call.ts';
import { createFile, openToRead, readStart, toleratesNoSync, withExecutable } from './node-contents.ts';
import { isRunning, processIdentity } from './node-process.ts';
import { statOf } from './node-stat.ts';

/** Stats asked for at once: more only fill the thread pool's queue and memory. */
const STATS_AT_ONCE = 256;
/** Milliseconds: a timer that only has to exist. */
const LONG = 2 ** 30;
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const nodeFileSystem: FileSystem = {
  async lstat(path) {
    try {
      return await statOf(path);
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      throw error;
    }
  },
  realpath: (path) => fs.realpath(path),
  list,
  readStart,
  openToRead,
  createFile,
  rename: (from, to) => ended((end) => rename(from, to, end)),
  async replace(from, to, inode) {
    // Without waiting in between: a turn of the thread pool would be a hundred times as long as both calls.
    if (lstatSync(to, { bigint: true, throwIfNoEntry: false })?.ino !== inode) return false;
    renameSync(from, to);
    return true;
  },
  link: (from, to) => ended((end) => link(from, to, end)),
  unlink: (path) => ended((end) => unlink(path, end)),
  async unlinkIf(path, inode) {
    if (lstatSync(path, { bigint: true, throwIfNoEntry: false })?.ino !== inode) return false;
    unlinkSync(path);
    return true;
  },
  makeDirectory: (path) => fs.mkdir(path),
  removeDirectory: (path) => fs.rmdir(path),
  readLink: async (path) => decodeName(await fs.readlink(path, { encoding: 'buffer' })),
  makeLink: (target, path) => fs.symlink(target, path),
  async setExecutable(path, executable) {
    // Opened without following a link: `chmod` would change what a link leads to.
    const handle = await fs.open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const { mode } = await handle.stat();
      await handle.chmod(withExecutable(mode & 0o7777, executable));
    } finally {
      await handle.close();
    }
  },
  async syncDirectory(path) {
    const handle = await fs.open(path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await toleratesNoSync(handle.sync());
    } finally {
      await handle.close();
    }
  },
  processIdentity: processIdentity(),
  isRunning,
  stayAlive() {
    const timer = setInterval(() => undefined, LONG);
    return () => clearInterval(timer);
  },
};

async function list(path: string): Promise<DirectoryListing> {
  const entries: { name: string; stat: FileStat }[] = [];
  const unnameable: string[] = [];
  const failed: { name: string; code: string }[] = [];
  const names: string[] = [];
  for (const raw of await fs.readdir(path, { encoding: 'buffer' })) {
    const name = decodeName(raw);
    if (name === undefined) unnameable.push(raw.toString('latin1'));
    else names.push(name);
  }
  const statOne = async (name: string): Promise<void> => {
    try {
      entries.push({ name, stat: await statOf(`${path}/${name}`) });
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'UNKNOWN';
      // Gone since it was listed: it is not there.
      if (code !== 'ENOENT') failed.push({ name, code });
    }
  };
  for (let at = 0; at < names.length; at += STATS_AT_ONCE) {
    await Promise.all(names.slice(at, at + STATS_AT_ONCE).map(statOne));
  }
  return { entries, unnameable, failed };
}

function decodeName(raw: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(raw);
  } catch {
    return undefined;
  }
}
