/**
 * Blobs as files of a directory: one file a blob, named by its hash, in 256 directories by the first byte of the name. A
 * file appears under its name only when it is whole, verified and synced; what a crashed run left is removed on opening.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { type FileHandle, mkdir, open, rename, rm, stat, unlink } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { BlobName } from '@evermesh/core/base';
import { EvermeshError, isEvermeshError } from '@evermesh/core/errors';
import type { BlobStore } from '@evermesh/core/log';
import { syncDirectory } from './sync-directory.ts';

/** Files being written lie here, in the same file system, so that renaming is atomic. */
const PARTIAL = 'partial';
const PIECE_BYTES = 256 * 1024;

/** The blobs in `directory`, which is created if it is missing. One process at a time uses it. */
export function fileBlobs(directory: string): BlobStore {
  return new BlobFiles(directory);
}

class BlobFiles implements BlobStore {
  readonly #directory: string;
  readonly #partial: string;
  #written = 0;
  /** What a read found damaged. It stays as it is until it is written anew, for a disk may also have erred. */
  readonly #damaged = new Set<BlobName>();
  /** Directories whose names are known to outlast a power cut. */
  readonly #durable = new Set<string>();

  constructor(directory: string) {
    this.#directory = directory;
    this.#partial = join(directory, PARTIAL);
  }

  open(): Promise<void> {
    return wrapped(async () => {
      const made = await mkdir(this.#directory, { recursive: true, mode: 0o700 });
      // The name of each directory that was made, from the last on; a run that was killed before may have made this one.
      const first = resolve(made ?? this.#directory);
      for (let at = resolve(this.#directory); at.length >= first.length; at = dirname(at)) {
        await syncDirectory(dirname(at));
        if (at === dirname(at)) break;
      }
      await rm(this.#partial, { recursive: true, force: true });
      await mkdir(this.#partial, { mode: 0o700 });
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  size(name: BlobName): Promise<number | undefined> {
    return wrapped(async () => (this.#damaged.has(name) ? undefined : sizeOf(this.#pathOf(name))));
  }

  async *read(name: BlobName, offset = 0): AsyncGenerator<Uint8Array> {
    // Only who reads from the beginning reads everything that the name is a hash of.
    const hash = offset === 0 ? createHash('sha256') : undefined;
    const stream = createReadStream(this.#pathOf(name), { start: offset, highWaterMark: PIECE_BYTES });
    try {
      for await (const piece of stream as AsyncIterable<Uint8Array>) {
        hash?.update(piece);
        yield piece;
      }
    } catch (error) {
      if (!isMissing(error)) throw failed(error);
      throw new EvermeshError('BLOB_NOT_FOUND', `Blob ${name} is not here.`, {
        cause: error,
        details: { name },
      });
    }
    if (hash === undefined) return;
    if (hash.digest('hex') === name) this.#damaged.delete(name);
    else {
      this.#damaged.add(name);
      throw damaged(name);
    }
  }

  async write(
    bytes: AsyncIterable<Uint8Array>,
    expected?: BlobName,
  ): Promise<{ name: BlobName; size: number }> {
    const partial = join(this.#partial, String(this.#written++));
    const file = await wrapped(() => open(partial, 'wx', 0o600));
    try {
      const { name, size } = await fill(file, bytes);
      if (expected !== undefined && name !== expected) throw damaged(expected);
      // What a failing disk cut off or changed is mended.
      const isSound = await this.#isSound(name, size);
      await wrapped(async () => {
        if (!isSound) await this.#place(file, partial, name);
        // Whoever placed it may not have come so far yet, or have been killed before.
        await this.#settle(this.#directoryOf(name));
      });
      return { name, size };
    } finally {
      await file.close();
      await rm(partial, { force: true });
    }
  }

  delete(name: BlobName): Promise<void> {
    return wrapped(async () => {
      try {
        await unlink(this.#pathOf(name));
      } catch (error) {
        if (isMissing(error)) return;
        throw error;
      }
      this.#damaged.delete(name);
      await syncDirectory(this.#directoryOf(name));
    });
  }

  /** Whether it is here already. Reading it costs less than what makes another copy durable. */
  async #isSound(name: BlobName, size: number): Promise<boolean> {
    if ((await this.size(name)) !== size) return false;
    try {
      // To its end, where the hash is compared.
      for await (const _ of this.read(name));
      return true;
    } catch (error) {
      if (isEvermeshError(error, 'BLOB_DAMAGED') || isEvermeshError(error, 'BLOB_NOT_FOUND')) return false;
      throw error;
    }
  }

  /** Content first, then the name: whoever finds the name after a power cut finds the content. */
  async #place(file: FileHandle, partial: string, name: BlobName): Promise<void> {
    await file.sync();
    await mkdir(this.#directoryOf(name), { recursive: true, mode: 0o700 });
    await rename(partial, this.#pathOf(name));
    this.#damaged.delete(name);
  }

  /** What has a name in this directory has it after a power cut, too. */
  async #settle(directory: string): Promise<void> {
    await syncDirectory(directory);
    if (this.#durable.has(directory)) return;
    await syncDirectory(this.#directory);
    this.#durable.add(directory);
  }

  #directoryOf(name: BlobName): string {
    return join(this.#directory, name.slice(0, 2));
  }

  #pathOf(name: BlobName): string {
    return join(this.#directoryOf(name), name);
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** Failures of `bytes` are those of whoever gives them; only the disk's are ours. */
async function fill(
  file: FileHandle,
  bytes: AsyncIterable<Uint8Array>,
): Promise<{ name: BlobName; size: number }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const piece of bytes) {
    hash.update(piece);
    size += piece.byteLength;
    await wrapped(() => file.writeFile(piece));
  }
  return { name: hash.digest('hex') as BlobName, size };
}

async function wrapped<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw failed(error);
  }
}

function failed(error: unknown): EvermeshError {
  if (isEvermeshError(error)) return error;
  const why = error instanceof Error ? error.message : String(error);
  return new EvermeshError('STORE_FAILED', `The blobs cannot be read or written: ${why}`, { cause: error });
}

const isMissing = (error: unknown): boolean => (error as NodeJS.ErrnoException).code === 'ENOENT';

const damaged = (name: BlobName): EvermeshError =>
  new EvermeshError('BLOB_DAMAGED', `The bytes of blob ${name} do not hash to its name.`, {
    details: { name },
  });
