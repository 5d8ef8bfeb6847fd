/**
 * What files hold: read, and written anew. A small file goes in one call of the mirror with a bare descriptor; a handle
 * is for those that are read in pieces.
 *
 * What may wait for the disk is done by the thread pool. The system answers the rest from memory, and at once: taking such a
 * call to another thread and back costs several times what the call does.
 */
import { closeSync, constants, fchmod, fstatSync, fsync, open, read, write, writeSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import type { CreateOptions, FileStart, FileStat, Pieces, ReadHandle } from './file-system.ts';
import { called, ended } from './node-call.ts';
import { fileStat } from './node-stat.ts';

/** Without blocking: a pipe that took the file's place must not hold the mirror. */
const TO_READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const TO_CREATE = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW;
/** Bytes read at once: few at first, because most files are small. */
const FIRST_PIECE = 8 * 1024;
const PIECE = 512 * 1024;
/** Bytes that go into the system's cache at once. */
const SMALL = 64 * 1024;

export function readStart(path: string, limit: number): Promise<FileStart> {
  return withDescriptor(path, TO_READ, 0, async (descriptor) => {
    const isSynced = await toleratesNoSync(ended((end) => fsync(descriptor, end)));
    // A pipe or a device refuses too: bytes that are read of it are gone for whoever waits for them.
    const before = isSynced ? undefined : statOfOpen(descriptor);
    if (before !== undefined && before.kind !== 'file') return { bytes: new Uint8Array(), stat: before };
    const buffer = new Uint8Array(limit);
    const size = await called<number>((end) => read(descriptor, buffer, 0, limit, 0, end));
    return { bytes: buffer.subarray(0, size), stat: statOfOpen(descriptor) };
  });
}

export async function openToRead(path: string): Promise<ReadHandle> {
  const handle = await fs.open(path, TO_READ);
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
    sync: async () => void (await toleratesNoSync(handle.sync())),
    close: () => handle.close(),
  };
}

export function createFile(
  path: string,
  content: Pieces,
  { executable, permissions }: CreateOptions,
): Promise<FileStat> {
  // Never open to more people than the file it stands for, not even for a moment.
  const mode = permissions === undefined ? (executable ? 0o777 : 0o666) : 0o600;
  return withDescriptor(path, TO_CREATE, mode, async (descriptor) => {
    if (permissions !== undefined)
      await ended((end) => fchmod(descriptor, withExecutable(permissions, executable), end));
    for await (const piece of content) await writeAll(descriptor, piece);
    await ended((end) => fsync(descriptor, end));
    return statOfOpen(descriptor);
  });
}

/**
 * Some network file systems know no syncing of what was not opened to write: they are used as they are.
 * @returns whether it was synced
 */
export async function toleratesNoSync(syncing: Promise<void>): Promise<boolean> {
  try {
    await syncing;
    return true;
  } catch (error) {
    if (!['EINVAL', 'ENOTSUP'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    return false;
  }
}

/** Whoever may read it may run it, as `chmod +x` does under the usual mask. */
export const withExecutable = (permissions: number, executable: boolean): number => {
  if (!executable) return permissions & ~0o111;
  return (permissions & 0o111) === 0 ? permissions | ((permissions & 0o444) >> 2) : permissions;
};

async function writeAll(descriptor: number, piece: Uint8Array): Promise<void> {
  const isSmall = piece.byteLength <= SMALL;
  for (let at = 0; at < piece.byteLength;) {
    at += isSmall
      ? writeSync(descriptor, piece, at)
      : await called<number>((end) => write(descriptor, piece, at, end));
  }
}

const statOfOpen = (descriptor: number): FileStat => fileStat(fstatSync(descriptor, { bigint: true }));

async function withDescriptor<Result>(
  path: string,
  flags: number,
  mode: number,
  work: (descriptor: number) => Promise<Result>,
): Promise<Result> {
  const descriptor = await called<number>((end) => open(path, flags, mode, end));
  try {
    return await work(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
