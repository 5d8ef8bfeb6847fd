/** The disk of this machine, as one that takes names for the same that differ in case only, and keeps them as they were given first. */
import * as fs from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { FileSystem } from '../fs/file-system.ts';
import { nodeFileSystem } from '../fs/node-file-system.ts';

/** @param root below which it is so */
export function oneCase(root: string): FileSystem {
  /** The path as the disk has it; what is not there, as it was given. */
  async function found(path: string): Promise<string> {
    if (path === root || !path.startsWith(`${root}/`)) return path;
    const directory = await found(dirname(path));
    const name = basename(path);
    const names = await fs.readdir(directory).catch((): string[] => []);
    const there = names.includes(name) ? name : names.find((other) => isSame(other, name));
    return join(directory, there ?? name);
  }
  return {
    ...nodeFileSystem,
    lstat: async (path) => nodeFileSystem.lstat(await found(path)),
    list: async (path) => nodeFileSystem.list(await found(path)),
    readStart: async (path, limit) => nodeFileSystem.readStart(await found(path), limit),
    openToRead: async (path) => nodeFileSystem.openToRead(await found(path)),
    createFile: async (path, content, options) =>
      nodeFileSystem.createFile(await found(path), content, options),
    async rename(from, to) {
      const [old, there] = [await found(from), await found(to)];
      // Of the very file the spelling changes.
      await nodeFileSystem.rename(old, old === there ? join(dirname(there), basename(to)) : there);
    },
    replace: async (from, to, inode) => nodeFileSystem.replace(await found(from), await found(to), inode),
    link: async (from, to) => nodeFileSystem.link(await found(from), await found(to)),
    unlink: async (path) => nodeFileSystem.unlink(await found(path)),
    unlinkIf: async (path, inode) => nodeFileSystem.unlinkIf(await found(path), inode),
    makeDirectory: async (path) => nodeFileSystem.makeDirectory(await found(path)),
    removeDirectory: async (path) => nodeFileSystem.removeDirectory(await found(path)),
    readLink: async (path) => nodeFileSystem.readLink(await found(path)),
    makeLink: async (target, path) => nodeFileSystem.makeLink(target, await found(path)),
    setExecutable: async (path, executable) => nodeFileSystem.setExecutable(await found(path), executable),
    syncDirectory: async (path) => nodeFileSystem.syncDirectory(await found(path)),
  };
}

const isSame = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
