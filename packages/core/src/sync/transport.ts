/** How a link reaches a peer: a seam. Frames arrive whole and in order, or the connection closes. */
import type { BlobName, FolderId } from '../base/index.ts';
import type { EvermeshError } from '../errors/index.ts';
import type { BatchedBlob, SmallBlob } from '../protocol/index.ts';

export interface ConnectionEvents {
  opened(): void;
  frame(bytes: Uint8Array): void;
  /** Called once, whoever closed; nothing follows. `why` is absent when this side asked for it. */
  closed(why: EvermeshError | undefined): void;
}

export interface Connection {
  /** Ignored unless open. */
  send(frame: Uint8Array): void;
  /** Bytes given to `send` that have not left yet. */
  readonly buffered: number;
  close(): void;
}

/** The peer's blobs, over HTTP beside the socket. Every call ends with LINK_UNREACHABLE while the peer cannot be reached. */
export interface RemoteBlobs {
  has(folder: FolderId, name: BlobName, signal: AbortSignal): Promise<boolean>;
  /** @throws BLOB_NOT_FOUND, AUTH_DENIED */
  get(folder: FolderId, name: BlobName, offset: number, signal: AbortSignal): AsyncIterable<Uint8Array>;
  /** Durable at the peer when it resolves. @throws AUTH_DENIED, BLOB_DAMAGED */
  put(
    folder: FolderId,
    name: BlobName,
    size: number,
    bytes: AsyncIterable<Uint8Array>,
    signal: AbortSignal,
  ): Promise<void>;
  /**
   * Those of `names`, at most `LIMITS.batchBlobs`, that the peer has: small ones with their bytes, which nobody has verified,
   * others without. Each of them once, in any order. @throws AUTH_DENIED
   */
  getMany(folder: FolderId, names: readonly BlobName[], signal: AbortSignal): AsyncIterable<BatchedBlob>;
  /**
   * Durable at the peer when it resolves. As many as one request takes: `LIMITS.batchBlobs`, and `LIMITS.batchBytes` in all.
   * @throws AUTH_DENIED, BLOB_DAMAGED if one of them did not arrive as it is here
   */
  putMany(folder: FolderId, blobs: readonly SmallBlob[], signal: AbortSignal): Promise<void>;
  /** Those of `names`, at most `LIMITS.batchBlobs`, that the peer does not have in this folder. @throws AUTH_DENIED */
  lacking(folder: FolderId, names: readonly BlobName[], signal: AbortSignal): Promise<BlobName[]>;
}

export interface Transport {
  /** Where it leads, as people see it: never with a token in it. It also names the peer in the store. */
  readonly address: string;
  /** Sent in HELLO and as a bearer token beside the socket; empty when there is none. */
  readonly token: string;
  /** Begins one attempt. The caller tries again after `closed`. */
  connect(events: ConnectionEvents): Connection;
  readonly blobs: RemoteBlobs;
}
