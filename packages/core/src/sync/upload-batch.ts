/** Small blobs that go to a peer many at a time, in the order in which they are given: a request is durable there before the next. */
import { type BlobName, type FolderId, gather } from '../base/index.ts';
import { isEvermeshError } from '../errors/index.ts';
import type { Contents } from '../log/index.ts';
import { BATCHED_BLOB_HEAD, LIMITS, type SmallBlob } from '../protocol/index.ts';
import type { RemoteBlobs } from './transport.ts';

export interface BlobUpload {
  readonly folder: FolderId;
  readonly contents: Contents;
  readonly remote: RemoteBlobs;
  readonly signal: AbortSignal;
  /** What is here under this name does not hash to it. */
  readonly damaged: (name: BlobName) => void;
}

/** Whether the peer has them already is not asked: that would cost as much as putting them again. */
export class UploadBatch {
  readonly #upload: BlobUpload;
  readonly #blobs = new Map<BlobName, SmallBlob>();
  #bytes = 0;

  constructor(upload: BlobUpload) {
    this.#upload = upload;
  }

  /** `undefined` if it is not here as it was. */
  async read(name: BlobName): Promise<Uint8Array | undefined> {
    try {
      return await gather(this.#upload.contents.blobs.read(name));
    } catch (error) {
      passOver(this.#upload, name, error);
      return undefined;
    }
  }

  async add(blob: SmallBlob): Promise<void> {
    if (this.#blobs.has(blob.name)) return;
    const bytes = BATCHED_BLOB_HEAD + blob.size;
    if (this.#blobs.size === LIMITS.batchBlobs || this.#bytes + bytes > LIMITS.batchBytes) await this.send();
    this.#blobs.set(blob.name, blob);
    this.#bytes += bytes;
  }

  async send(): Promise<void> {
    const { folder, remote, signal } = this.#upload;
    const blobs = [...this.#blobs.values()];
    this.#blobs.clear();
    this.#bytes = 0;
    if (blobs.length > 0) await remote.putMany(folder, blobs, signal);
  }
}

/** A blob that is taken away while it is read, or turns out to be damaged, is as if it had not been here. */
export function passOver(upload: BlobUpload, name: BlobName, error: unknown): void {
  if (isEvermeshError(error, 'BLOB_DAMAGED')) upload.damaged(name);
  else if (!isEvermeshError(error, 'BLOB_NOT_FOUND')) throw error;
}
