/**
 * Blobs as rows of a store, for small ones: they share the synced batches of everything else that is written there. The store
 * belongs to whoever opened it.
 */
import { type BlobName, equalBytes, gather, sha256, toHex } from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import type { BlobStore } from './blob-store.ts';
import type { Committer } from './committer.ts';
import { blobKey } from './keys.ts';
import type { Store, StoreOperation } from './store.ts';

export class StoreBlobs implements BlobStore {
  readonly #store: Store;
  readonly #committer: Committer;
  /** What a read found damaged, and may have been mended since. */
  readonly #damaged = new Set<BlobName>();

  /** @param committer of the store */
  constructor(store: Store, committer: Committer) {
    this.#store = store;
    this.#committer = committer;
  }

  open(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  async size(name: BlobName): Promise<number | undefined> {
    const bytes = await this.#store.get(blobKey(name));
    if (bytes === undefined || (this.#damaged.has(name) && !this.#isSound(name, bytes))) return undefined;
    return bytes.byteLength;
  }

  async *read(name: BlobName, offset = 0): AsyncGenerator<Uint8Array> {
    const bytes = await this.whole(name);
    if (bytes === undefined)
      throw new EvermeshError('BLOB_NOT_FOUND', `Blob ${name} is not here.`, { details: { name } });
    yield bytes.subarray(offset);
  }

  /** `undefined` if it is not here. @throws BLOB_DAMAGED */
  async whole(name: BlobName): Promise<Uint8Array | undefined> {
    const bytes = await this.#store.get(blobKey(name));
    if (bytes !== undefined && !this.#isSound(name, bytes)) throw damaged(name);
    return bytes;
  }

  #isSound(name: BlobName, bytes: Uint8Array): boolean {
    const isSound = toHex(sha256(bytes)) === name;
    if (isSound) this.#damaged.delete(name);
    else this.#damaged.add(name);
    return isSound;
  }

  async write(
    pieces: AsyncIterable<Uint8Array>,
    expected?: BlobName,
  ): Promise<{ name: BlobName; size: number }> {
    const bytes = (await gather(pieces)) as Uint8Array;
    const name = toHex(sha256(bytes)) as BlobName;
    if (expected !== undefined && name !== expected) throw damaged(expected);
    await this.#committer.commit(await this.rowsOf(name, bytes));
    return { name, size: bytes.byteLength };
  }

  delete(name: BlobName): Promise<void> {
    return this.#committer.commit([{ type: 'del', key: blobKey(name) }]);
  }

  /**
   * What keeps a blob, for the batch of whoever commits more with it: nothing if it is here already.
   * @param bytes which the caller has seen to hash to `name`
   */
  async rowsOf(name: BlobName, bytes: Uint8Array): Promise<StoreOperation[]> {
    const key = blobKey(name);
    const here = await this.#store.get(key);
    // What a failing disk changed is mended.
    return here !== undefined && equalBytes(here, bytes) ? [] : [{ type: 'put', key, value: bytes }];
  }
}

const damaged = (name: BlobName): EvermeshError =>
  new EvermeshError('BLOB_DAMAGED', `The bytes of blob ${name} do not hash to its name.`, {
    details: { name },
  });
