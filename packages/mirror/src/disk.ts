/**
 * The directory that is mirrored, by paths relative to it. Nothing outside is ever touched: a path is made of names that
 * were checked, and no directory on the way to it is a symbolic link.
 */
import { EvermeshError } from '@evermesh/core/errors';
import { codeOf, type FileStat, type FileSystem, isOfDisk } from './fs/file-system.ts';

/** Ours, in the root: never synced, never scanned. */
export const OWN_DIRECTORY = '.evermesh';
export const TEMPORARY: string = `${OWN_DIRECTORY}/tmp`;
export const TRASH: string = `${OWN_DIRECTORY}/trash`;

export class Disk {
  readonly fs: FileSystem;
  /** Without symbolic links in it. */
  readonly root: string;
  /** The file system that the root is in. */
  readonly device: bigint;

  constructor(fs: FileSystem, root: string, device: bigint) {
    this.fs = fs;
    this.root = root;
    this.device = device;
  }

  /** @throws PATH_INVALID for what would lead out of the root */
  at(path: string): string {
    if (path === '') return this.root;
    for (const name of path.split('/')) {
      if (name === '' || name === '.' || name === '..' || name.includes('\0')) {
        throw new EvermeshError('PATH_INVALID', 'A path on disk consists of names.', { details: { path } });
      }
    }
    return `${this.root}/${path}`;
  }

  lstat(path: string): Promise<FileStat | undefined> {
    return this.fs.lstat(this.at(path));
  }

  /** What is there, if that can be asked: a failure says nothing. */
  lstatIfPossible(path: string): Promise<FileStat | undefined> {
    return this.lstat(path).catch((error: unknown) => {
      if (isOfDisk(error)) return undefined;
      throw error;
    });
  }

  /** Whether this is a directory of ours: in the root's file system, and reached through no symbolic link. */
  async isOwnDirectory(path: string): Promise<boolean> {
    const names = path === '' ? [] : path.split('/');
    for (let depth = 0; depth <= names.length; depth++) {
      const stat = await this.lstat(names.slice(0, depth).join('/'));
      if (stat?.kind !== 'directory' || stat.device !== this.device) return false;
    }
    return true;
  }

  /** Makes what is missing of one of our own directories. */
  async ensureDirectory(path: string): Promise<void> {
    const names = path.split('/');
    for (let depth = 1; depth <= names.length; depth++) {
      const part = names.slice(0, depth).join('/');
      if ((await this.lstat(part))?.kind === 'directory') continue;
      await this.fs.makeDirectory(this.at(part)).catch(async (error: unknown) => {
        if (codeOf(error) !== 'EEXIST') throw error;
        if ((await this.lstat(part))?.kind === 'directory') return;
        throw Object.assign(new Error(`${part} is in the way of a directory.`), { code: 'ENOTDIR' });
      });
    }
  }
}

export const joinPath = (directory: string, name: string): string =>
  directory === '' ? name : `${directory}/${name}`;

export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('/')));

export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

/** Whether a stat is of the very file, unchanged since the other one. */
export const sameStat = (a: Stamped, b: Stamped): boolean =>
  sameBytes(a, b) && a.ctime === b.ctime && a.inode === b.inode;

/** Whether nothing was written to the file in between: a name more or less changes only the other times. */
export const sameBytes = (a: Stamped, b: Stamped): boolean => a.size === b.size && a.mtime === b.mtime;

type Stamped = Pick<FileStat, 'size' | 'mtime' | 'ctime' | 'inode'>;
