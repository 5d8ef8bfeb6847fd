/** Gives a peer the blobs that records name, before the records: small ones many at a time, each larger one by itself. */
import { type BlobName, type FolderId, gather } from '../base/index.ts';
import { isEvermeshError } from '../errors/index.ts';
import type { BlobStore } from '../log/index.ts';
import { BATCHED_BLOB_HEAD, LIMITS, type SmallBlob } from '../protocol/index.ts';
import type { RemoteBlobs } from './transport.ts';

/** Large blobs that are on their way at one time. */
const PARALLEL = 4;

export interface BlobUpload {
  readonly folder: FolderId;
  readonly blobs: BlobStore;
  readonly remote: RemoteBlobs;
  readonly signal: AbortSignal;
  /** What is here under this name does not hash to it. */
  readonly damaged: (name: BlobName) => void;
}

/**
 * Resolves when the peer has all of them, but for those that are not here, or damaged: of a record that others wrote the blob
 * may never have arrived, and the peer takes that record without it.
 * @throws what `RemoteBlobs` throws, and what reading the blobs here does
 */
export async function uploadBlobs(upload: BlobUpload, names: ReadonlySet<BlobName>): Promise<void> {
  const large: BlobName[] = [];
  const batch = new Batch(upload);
  for (const name of names) {
    const size = await upload.blobs.size(name);
    if (size === undefined) continue;
    if (size > LIMITS.smallBlobBytes) large.push(name);
    else await batch.add(name);
  }
  await batch.send();
  const work = async (): Promise<void> => {
    for (let name = large.pop(); name !== undefined; name = large.pop()) await uploadLarge(upload, name);
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
}

/** Whether the peer has them already is not asked: that would cost as much as putting them again. */
class Batch {
  readonly #upload: BlobUpload;
  #blobs: SmallBlob[] = [];
  #bytes = 0;

  constructor(upload: BlobUpload) {
    this.#upload = upload;
  }

  async add(name: BlobName): Promise<void> {
    const bytes = await this.#read(name);
    if (bytes === undefined) return;
    const size = bytes.byteLength;
    const isFull =
      this.#blobs.length === LIMITS.batchBlobs || this.#bytes + BATCHED_BLOB_HEAD + size > LIMITS.batchBytes;
    if (isFull) await this.send();
    this.#blobs.push({ name, size, bytes });
    this.#bytes += BATCHED_BLOB_HEAD + size;
  }

  async #read(name: BlobName): Promise<Uint8Array | undefined> {
    try {
      return await gather(this.#upload.blobs.read(name));
    } catch (error) {
      passOver(this.#upload, name, error);
      return undefined;
    }
  }

  async send(): Promise<void> {
    const { folder, remote, signal } = this.#upload;
    const blobs = this.#blobs;
    this.#blobs = [];
    this.#bytes = 0;
    if (blobs.length > 0) await remote.putMany(folder, blobs, signal);
  }
}

async function uploadLarge(upload: BlobUpload, name: BlobName): Promise<void> {
  const { folder, blobs, remote, signal } = upload;
  const size = await blobs.size(name);
  if (size === undefined || (await remote.has(folder, name, signal))) return;
  const reading: Reading = {};
  try {
    await remote.put(folder, name, size, noting(blobs.read(name), reading), signal);
  } catch (error) {
    if (reading.failure === undefined) throw error;
    passOver(upload, name, reading.failure);
  }
}

/** A request only tells that it broke off: whether it was this side that could not go on is noted here. */
interface Reading {
  failure?: unknown;
}

async function* noting(pieces: AsyncIterable<Uint8Array>, reading: Reading): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces;
  } catch (error) {
    reading.failure = error;
    throw error;
  }
}

/** A blob that is taken away while it is read, or turns out to be damaged, is as if it had not been here. */
function passOver(upload: BlobUpload, name: BlobName, error: unknown): void {
  if (isEvermeshError(error, 'BLOB_DAMAGED')) upload.damaged(name);
  else if (!isEvermeshError(error, 'BLOB_NOT_FOUND')) throw error;
}
