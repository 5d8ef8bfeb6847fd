/**
 * Immutable bytes named by their SHA-256: what records refer to and do not hold. One store serves all folders of a
 * replica; a relay keeps them by folder. A blob is there whole and verified, or not at all.
 */
import type { BlobName } from '../base/index.ts';

export interface BlobStore {
  open(): Promise<void>;
  close(): Promise<void>;
  /** The size in bytes, or `undefined` if the blob is not here, or a read found what is here damaged: then it is to be had anew. */
  size(name: BlobName): Promise<number | undefined>;
  /**
   * The bytes from `offset` on, in pieces.
   * @throws BLOB_NOT_FOUND if it is not here, BLOB_DAMAGED if what is here does not hash to its name (seen at the end)
   */
  read(name: BlobName, offset?: number): AsyncIterable<Uint8Array>;
  /**
   * Stores the bytes under the SHA-256 of what came; durable when it resolves. With `expected` it throws BLOB_DAMAGED, and
   * stores nothing, if they do not hash to that name. Bytes already here are not written again, unless they are damaged.
   */
  write(bytes: AsyncIterable<Uint8Array>, expected?: BlobName): Promise<{ name: BlobName; size: number }>;
  delete(name: BlobName): Promise<void>;
}
