/** Stats as the mirror knows them. */
import { type BigIntStats, lstat } from 'node:fs';
import type { DiskKind, FileStat } from './file-system.ts';
import { called } from './node-call.ts';

const EXECUTABLE = 0o111n;

export const statOf = async (path: string): Promise<FileStat> =>
  fileStat(await called((end) => lstat(path, { bigint: true }, end)));

export function fileStat(stats: BigIntStats): FileStat {
  return {
    kind: kindOf(stats),
    size: Number(stats.size),
    mtime: stats.mtimeNs,
    ctime: stats.ctimeNs,
    born: stats.birthtimeNs,
    inode: stats.ino,
    device: stats.dev,
    executable: stats.isFile() && (stats.mode & EXECUTABLE) !== 0n,
    permissions: Number(stats.mode & 0o7777n),
  };
}

function kindOf(stats: BigIntStats): DiskKind {
  if (stats.isFile()) return 'file';
  if (stats.isDirectory()) return 'directory';
  return stats.isSymbolicLink() ? 'symlink' : 'other';
}
