/** A peer's blobs, for tests of who uploads and fetches them: what it has, what it was asked, and how it fails. */
import { type BlobName, gather, inOnePiece, sha256, toHex } from '../../base/index.ts';
import { EvermeshError } from '../../errors/index.ts';
import type { BatchedBlob } from '../../protocol/index.ts';
import { LIMITS } from '../../protocol/index.ts';
import type { RemoteBlobs } from '../transport.ts';

export const nameOf = (bytes: Uint8Array): BlobName => toHex(sha256(bytes)) as BlobName;

/** The bytes of another blob for each number. */
export function blobBytes(number: number, length = 100): Uint8Array {
  const bytes = new Uint8Array(length).fill(number % 251);
  new DataView(bytes.buffer).setUint32(0, number);
  return bytes;
}

export class BlobPeer implements RemoteBlobs {
  held = new Map<BlobName, Uint8Array>();
  /** One line a request. */
  readonly requests: string[] = [];
  failure: Error | undefined;
  /** Bytes for which there is room. */
  room = Infinity;
  /** Called when a large blob is asked for; the answer waits for what it returns. */
  reading: (name: BlobName) => Promise<void> = () => Promise.resolve();

  hold(...all: Uint8Array[]): BlobName[] {
    return all.map((bytes) => {
      this.held.set(nameOf(bytes), bytes);
      return nameOf(bytes);
    });
  }

  has(...[, name]: Parameters<RemoteBlobs['has']>): Promise<boolean> {
    this.#ask('has');
    return Promise.resolve(this.held.has(name));
  }

  async *get(...[, name, , signal]: Parameters<RemoteBlobs['get']>): AsyncGenerator<Uint8Array> {
    this.#ask('get');
    await this.reading(name);
    signal.throwIfAborted();
    const bytes = this.held.get(name);
    if (bytes === undefined) throw new EvermeshError('BLOB_NOT_FOUND', 'not here');
    yield* inOnePiece(bytes);
  }

  async put(...[, name, , bytes]: Parameters<RemoteBlobs['put']>): Promise<void> {
    this.#ask('put');
    this.#keep([{ name, bytes: (await gather(bytes)) as Uint8Array }]);
  }

  async *getMany(...[, names]: Parameters<RemoteBlobs['getMany']>): AsyncGenerator<BatchedBlob> {
    this.#ask(`getMany ${names.length}`);
    for (const name of names) {
      const bytes = this.held.get(name);
      if (bytes === undefined) continue;
      const size = bytes.byteLength;
      await Promise.resolve();
      yield { name, size, bytes: size > LIMITS.smallBlobBytes ? undefined : bytes };
    }
  }

  putMany(...[, blobs]: Parameters<RemoteBlobs['putMany']>): Promise<void> {
    this.#ask(`putMany ${blobs.length}`);
    this.#keep(blobs);
    return Promise.resolve();
  }

  lacking(...[, names]: Parameters<RemoteBlobs['lacking']>): Promise<BlobName[]> {
    this.#ask(`lacking ${names.length}`);
    return Promise.resolve(names.filter((name) => !this.held.has(name)));
  }

  /** All of them, or none. */
  #keep(blobs: readonly { readonly name: BlobName; readonly bytes: Uint8Array }[]): void {
    const bytes = blobs.reduce((sum, blob) => sum + blob.bytes.byteLength, 0);
    if (bytes > this.room) throw new EvermeshError('QUOTA_EXCEEDED', 'no room');
    this.room -= bytes;
    for (const blob of blobs) this.held.set(blob.name, blob.bytes);
  }

  #ask(what: string): void {
    this.requests.push(what);
    if (this.failure !== undefined) throw this.failure;
  }
}
