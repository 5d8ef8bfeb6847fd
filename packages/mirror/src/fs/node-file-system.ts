/** The real file system. */
import { type BigIntStats, constants } from 'node:fs';
import * as fs from 'node:fs/promises';
import type {
  CreateOptions,
  DirectoryListing,
  DiskKind,
  FileStat,
  FileSystem,
  ReadHandle,
  WriteHandle,
} from './file-system.ts';

const EXECUTABLE = 0o111n;
/** Stats asked for at once: more only fill the thread pool's queue and memory. */
const STATS_AT_ONCE = 256;
/** Milliseconds: a timer that only has to exist. */
const LONG = 2 ** 30;
/** Bytes read at once: few at first, because most files are small. */
const FIRST_PIECE = 8 * 1024;
const PIECE = 512 * 1024;
const strictDecoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

export const nodeFileSystem: FileSystem = {
  async lstat(path) {
    try {
      return fileStat(await fs.lstat(path, { bigint: true }));
    } catch (error) {
      if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
      throw error;
    }
  },
  realpath: (path) => fs.realpath(path),
  list,
  openToRead,
  create,
  rename: (from, to) => fs.rename(from, to),
  link: (from, to) => fs.link(from, to),
  unlink: (path) => fs.unlink(path),
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
      await sync(handle);
    } finally {
      await handle.close();
    }
  },
  processId: process.pid,
  isRunning(processId) {
    // Zero and less name groups of processes.
    if (!(processId > 0)) return false;
    try {
      process.kill(processId, 0);
      return true;
    } catch (error) {
      return (error as NodeJS.ErrnoException).code === 'EPERM';
    }
  },
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
      entries.push({ name, stat: fileStat(await fs.lstat(`${path}/${name}`, { bigint: true })) });
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

async function openToRead(path: string): Promise<ReadHandle> {
  // Without blocking: a pipe that took the file's place must not hold the mirror.
  const handle = await fs.open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  return {
    stat: async () => fileStat(await handle.stat({ bigint: true })),
    async *pieces() {
      let size = FIRST_PIECE;
      for (let position = 0; ;) {
        const buffer = new Uint8Array(size);
        const { bytesRead } = await handle.read(buffer, 0, size, position);
        if (bytesRead > 0) yield buffer.subarray(0, bytesRead);
        // The end: only there a read of a file gives less than was asked for.
        if (bytesRead < size) return;
        position += bytesRead;
        size = Math.min(4 * size, PIECE);
      }
    },
    sync: () => sync(handle),
    close: () => handle.close(),
  };
}

async function create(path: string, { executable, permissions }: CreateOptions): Promise<WriteHandle> {
  const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
  // Never open to more people than the file it stands for, not even for a moment.
  const handle = await fs.open(path, flags, permissions === undefined ? (executable ? 0o777 : 0o666) : 0o600);
  if (permissions !== undefined) await handle.chmod(withExecutable(permissions, executable));
  return {
    async write(bytes) {
      for (let at = 0; at < bytes.byteLength;) at += (await handle.write(bytes, at)).bytesWritten;
    },
    sync: () => handle.sync(),
    stat: async () => fileStat(await handle.stat({ bigint: true })),
    close: () => handle.close(),
  };
}

/** Some network file systems know no syncing of what was not opened to write: they are used as they are. */
async function sync(handle: fs.FileHandle): Promise<void> {
  try {
    await handle.sync();
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}

/** Whoever may read it may run it, as `chmod +x` does under the usual mask. */
const withExecutable = (permissions: number, executable: boolean): number => {
  if (!executable) return permissions & ~0o111;
  return (permissions & 0o111) === 0 ? permissions | ((permissions & 0o444) >> 2) : permissions;
};

function fileStat(stats: BigIntStats): FileStat {
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

function decodeName(raw: Uint8Array): string | undefined {
  try {
    return strictDecoder.decode(raw);
  } catch {
    return undefined;
  }
}
