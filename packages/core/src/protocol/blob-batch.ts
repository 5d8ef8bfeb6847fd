/**
 * Many small blobs in one request beside the socket, one behind the other: for each its name, its length, and its bytes. One
 * that is no small blob is named with its length alone: it has to be asked for by itself.
 */
import { type BlobName, concatBytes, fromHex, gather, toHex } from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import { LIMITS } from './limits.ts';
import { malformed, Reader } from './reader.ts';
import { Writer } from './writer.ts';

export interface BatchedBlob {
  readonly name: BlobName;
  readonly size: number;
  /** Not checked against the name. Absent if the blob is no small one. */
  readonly bytes: Uint8Array | undefined;
}

export interface SmallBlob extends BatchedBlob {
  readonly bytes: Uint8Array;
}

const NAME_BYTES = 32;
const LENGTH_BYTES = 8;

/** Bytes that a blob takes in a batch beside its own, at most. */
export const BATCHED_BLOB_HEAD: number = NAME_BYTES + LENGTH_BYTES;

export function encodeBlobBatch(blobs: readonly BatchedBlob[]): Uint8Array {
  const writer = new Writer();
  for (const { name, size, bytes } of blobs) {
    writer.hex(name).uint(size);
    if (bytes !== undefined) writer.raw(bytes);
  }
  return writer.finish();
}

/**
 * The blobs of a batch as they come in; no more is held than one of them and the piece that is being read.
 * @throws MESSAGE_MALFORMED, and whatever `pieces` throws
 */
export async function* readBlobBatch(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<BatchedBlob> {
  let held: Uint8Array[] = [];
  let size = 0;
  let needed = NAME_BYTES + 1;
  for await (const piece of pieces) {
    held.push(piece);
    size += piece.byteLength;
    // Pieces are joined when a whole blob is there, not one by one: they may be a single byte each.
    if (size < needed) continue;
    const bytes = held.length === 1 ? piece : concatBytes(held);
    let at = 0;
    let found = blobAt(bytes, at);
    while (typeof found !== 'number') {
      yield found.blob;
      at = found.end;
      found = blobAt(bytes, at);
    }
    needed = found;
    size = bytes.byteLength - at;
    held = size > 0 ? [bytes.subarray(at)] : [];
  }
  if (size > 0) throw malformed('a blob ends early');
}

/** The blob that begins there and where it ends, or how many bytes from there on it takes to tell. */
function blobAt(bytes: Uint8Array, at: number): { blob: BatchedBlob; end: number } | number {
  const available = bytes.byteLength - at;
  let head = NAME_BYTES + 1;
  while (head <= available && (bytes[at + head - 1] as number) >= 0x80 && head < BATCHED_BLOB_HEAD) head += 1;
  if (head > available) return head;
  const reader = new Reader(bytes.subarray(at, at + head));
  const name = toHex(reader.raw(NAME_BYTES)) as BlobName;
  const size = reader.uint();
  if (size > LIMITS.smallBlobBytes) return { blob: { name, size, bytes: undefined }, end: at + head };
  const end = at + head + size;
  if (end > bytes.byteLength) return head + size;
  return { blob: { name, size, bytes: bytes.subarray(at + head, end) }, end };
}

export const encodeBlobNames = (names: readonly BlobName[]): Uint8Array => concatBytes(names.map(fromHex));

/** @throws MESSAGE_MALFORMED, MESSAGE_TOO_LARGE if there are more than `LIMITS.batchBlobs` */
export async function readBlobNames(pieces: AsyncIterable<Uint8Array>): Promise<BlobName[]> {
  const bytes = await gather(pieces, LIMITS.batchBlobs * NAME_BYTES);
  if (bytes === undefined) {
    throw new EvermeshError('MESSAGE_TOO_LARGE', `More than ${LIMITS.batchBlobs} blobs in one request.`);
  }
  if (bytes.byteLength % NAME_BYTES !== 0) throw malformed('the name of a blob has 32 bytes');
  return Array.from(
    { length: bytes.byteLength / NAME_BYTES },
    (_, i) => toHex(bytes.subarray(i * NAME_BYTES, (i + 1) * NAME_BYTES)) as BlobName,
  );
}
