/**
 * Reads what a file holds now. It is believed only if the file was not touched while it was read: half of an old and
 * half of a new content is what nobody ever wrote.
 */
import { createHash } from 'node:crypto';
import type { BlobName, BlobStore, Clock, FileContent } from '@evermesh/core';
import { concatBytes, utf8 } from '@evermesh/core/base';
import { TEXT_LIMIT, textOf } from '@evermesh/core/model';
import { LIMITS } from '@evermesh/core/protocol';
import { sha256Hex } from './content-digest.ts';
import { type Disk, sameStat } from './disk.ts';
import { codeOf, type FileStat, isOfDisk, type ReadHandle } from './fs/file-system.ts';
import { isRacy } from './racy.ts';
import type { DiskFile } from './scan.ts';

interface Content {
  readonly type: 'content';
  readonly content: FileContent;
  readonly digest: string;
  readonly stat: FileStat;
  /**
   * Puts what is no text into the blob store, and resolves when it is there: before that nobody hears of the content. Whoever
   * needs many asks for all at once: small ones share a sync of the store then. Larger ones are there already.
   */
  readonly keep: () => Promise<unknown>;
}

type None =
  /** It is being written, or is something else by now. */
  { readonly type: 'changing' } | { readonly type: 'failed'; readonly code: string };

/** `racy`: it may have been written to since, and its stat be the same. */
export type Reading = (Content & { readonly racy: boolean }) | None;

/**
 * What stands at a path, its content kept: see `keep`. It is synced: a power cut that gave back an older content, or none,
 * would seem to be the newest save of a file that others have already.
 */
export async function readContent(
  disk: Disk,
  file: DiskFile,
  blobs: BlobStore,
  clock: Clock,
): Promise<Reading> {
  const knownAt = clock.now();
  const reading = await readBytes(disk, file, blobs);
  return reading.type === 'content' ? { ...reading, racy: isRacy(reading.stat, knownAt) } : reading;
}

async function readBytes(disk: Disk, file: DiskFile, blobs: BlobStore): Promise<Content | None> {
  if (file.kind === 'symlink') return readLink(disk, file);
  const whole = await readAsListed(disk, file, blobs);
  if (whole !== undefined) return whole;
  return withHandle(disk, file, async (handle, before) => {
    await handle.sync();
    if (before.size <= TEXT_LIMIT) return keepWhole(await wholeOf(handle, before.size), blobs);
    const { name, size } = await blobs.write(unchanged(handle, before));
    return { size, digest: name, content: { kind: 'blob', name, size }, keep: isKept };
  });
}

/**
 * What was written to while it was read is not kept: it would stay where blobs lie, and be nobody's. Of a file in chunks a part may be
 * kept by then, so it is looked at again and again.
 */
async function* unchanged(handle: ReadHandle, before: FileStat): AsyncGenerator<Uint8Array> {
  for await (const piece of handle.pieces()) {
    if (!sameStat(before, await handle.stat())) throw new WrittenTo();
    yield piece;
  }
  if (!sameStat(before, await handle.stat())) throw new WrittenTo();
}

class WrittenTo extends Error {}

/**
 * The usual case in one call: a small file that was not touched since it was listed. `undefined` for any other: what changes
 * often is never as it was listed, but may rest for the moment in which it is read.
 */
async function readAsListed(
  disk: Disk,
  file: DiskFile,
  blobs: BlobStore,
): Promise<Content | None | undefined> {
  const listed = file.stat;
  if (listed.size > TEXT_LIMIT) return undefined;
  try {
    const { bytes, stat } = await disk.fs.readStart(disk.at(file.path), listed.size);
    if (stat.kind !== 'file' || !sameStat(stat, listed) || bytes.byteLength !== stat.size) return undefined;
    const { digest, content, keep } = await keepWhole(bytes, blobs);
    return { type: 'content', content, digest, stat, keep };
  } catch (error) {
    return failure(error);
  }
}

async function keepWhole(bytes: Uint8Array, blobs: BlobStore): Promise<Read> {
  const text = textOf(bytes);
  const digest = sha256Hex(bytes);
  const size = bytes.byteLength;
  if (text !== undefined) return { size, digest, content: { kind: 'text', text }, keep: isKept };
  const name = digest as BlobName;
  const keep = (): Promise<unknown> => blobs.write(once(bytes), name);
  const content: FileContent = { kind: 'blob', name, size };
  if (size <= LIMITS.smallBlobBytes) return { size, digest, content, keep };
  // Not held in memory until it is needed.
  await keep();
  return { size, digest, content, keep: isKept };
}

/** The SHA-256 of what stands at a path, keeping nothing; `undefined` if it cannot be told. */
export async function digestOfFile(disk: Disk, file: DiskFile): Promise<string | undefined> {
  if (file.kind === 'symlink') {
    const reading = await readLink(disk, file);
    return reading.type === 'content' ? reading.digest : undefined;
  }
  const reading = await withHandle(disk, file, async (handle) => {
    const hash = createHash('sha256');
    let size = 0;
    for await (const piece of handle.pieces()) {
      hash.update(piece);
      size += piece.byteLength;
    }
    return { size, digest: hash.digest('hex'), content: { kind: 'text', text: '' }, keep: isKept };
  });
  return reading.type === 'content' ? reading.digest : undefined;
}

interface Read {
  readonly size: number;
  readonly digest: string;
  readonly content: FileContent;
  readonly keep: () => Promise<unknown>;
}

const isKept = (): Promise<void> => Promise.resolve();

async function withHandle(
  disk: Disk,
  file: DiskFile,
  read: (handle: ReadHandle, before: FileStat) => Promise<Read>,
): Promise<Content | None> {
  let handle: ReadHandle;
  try {
    handle = await disk.fs.openToRead(disk.at(file.path));
  } catch (error) {
    return failure(error);
  }
  try {
    const before = await handle.stat();
    if (before.kind !== 'file' || before.inode !== file.stat.inode) return { type: 'changing' };
    const { size, digest, content, keep } = await read(handle, before);
    const after = await handle.stat();
    if (!sameStat(before, after) || size !== after.size) return { type: 'changing' };
    return { type: 'content', content, digest, stat: after, keep };
  } catch (error) {
    return error instanceof WrittenTo ? { type: 'changing' } : failure(error);
  } finally {
    await handle.close();
  }
}

async function readLink(disk: Disk, { path }: DiskFile): Promise<Content | None> {
  try {
    const before = await disk.lstat(path);
    if (before?.kind !== 'symlink') return { type: 'changing' };
    const target = await disk.fs.readLink(disk.at(path));
    // A target of other bytes than text could not be made anew elsewhere.
    if (target === undefined) return { type: 'failed', code: 'EILSEQ' };
    return {
      type: 'content',
      content: { kind: 'text', text: target },
      digest: sha256Hex(utf8(target)),
      stat: before,
      keep: isKept,
    };
  } catch (error) {
    return failure(error);
  }
}

/** What is missing or no file any more changed since it was listed. Failures of our own store are no matter of a path. */
function failure(error: unknown): None {
  const code = codeOf(error);
  if (['ENOENT', 'ENOTDIR', 'ELOOP', 'EISDIR', 'EINVAL', 'ENXIO'].includes(code)) return { type: 'changing' };
  if (isOfDisk(error)) return { type: 'failed', code };
  throw error;
}

async function wholeOf(handle: ReadHandle, expected: number): Promise<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let size = 0;
  for await (const piece of handle.pieces()) {
    size += piece.byteLength;
    // It grows while it is read: the caller sees that the sizes differ.
    if (size > expected + TEXT_LIMIT) break;
    pieces.push(piece);
  }
  return concatBytes(pieces);
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
