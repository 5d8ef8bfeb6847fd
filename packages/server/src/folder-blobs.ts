/**
 * The blobs of a relay, by folder: one is served under no folder that it was not put under, whoever knows its name. That it was
 * put is a row of the folder, which is never there before the blob is whole and durable.
 */
import { type BlobName, EMPTY, type FolderId, gather } from '@evermesh/core/base';
import { isEvermeshError } from '@evermesh/core/errors';
import {
  areaPrefix,
  type BlobStore,
  type Committer,
  type Store,
  StoreBlobs,
  type StoreOperation,
  tieredBlobs,
} from '@evermesh/core/log';
import { type BatchedBlob, LIMITS, type SmallBlob } from '@evermesh/core/protocol';

export class FolderBlobs {
  readonly #store: Store;
  readonly #committer: Committer;
  readonly #small: StoreBlobs;
  readonly #blobs: BlobStore;

  /** @param large where blobs lie that are not small, open; the others lie in the store */
  constructor(store: Store, committer: Committer, large: BlobStore) {
    this.#store = store;
    this.#committer = committer;
    this.#small = new StoreBlobs(store, committer);
    this.#blobs = tieredBlobs(this.#small, large);
  }

  /** `undefined` if the folder has no such blob here. */
  async size(folder: FolderId, name: BlobName): Promise<number | undefined> {
    return (await this.#has(folder, name)) ? this.#blobs.size(name) : undefined;
  }

  /** Of a blob that the folder has. @throws BLOB_NOT_FOUND, BLOB_DAMAGED */
  read(name: BlobName, offset: number): AsyncIterable<Uint8Array> {
    return this.#blobs.read(name, offset);
  }

  /** With its bytes if it is a small one; `undefined` if the folder has no such blob here, or what is here is damaged. */
  async batched(folder: FolderId, name: BlobName): Promise<BatchedBlob | undefined> {
    const size = await this.size(folder, name);
    if (size === undefined) return undefined;
    if (size > LIMITS.smallBlobBytes) return { name, size, bytes: undefined };
    try {
      const bytes = await gather(this.#blobs.read(name));
      return bytes && { name, size: bytes.byteLength, bytes };
    } catch (error) {
      if (isEvermeshError(error, 'BLOB_NOT_FOUND') || isEvermeshError(error, 'BLOB_DAMAGED'))
        return undefined;
      throw error;
    }
  }

  /** Durable when it resolves. @throws BLOB_DAMAGED if the bytes do not hash to the name */
  async put(folder: FolderId, name: BlobName, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#blobs.write(pieces, name);
    await this.#committer.commit(await this.#rowsOf(folder, name));
  }

  /**
   * In one batch of the store, so with one sync; durable when it resolves.
   * @param blobs whose bytes were seen to hash to their names
   */
  async putMany(folder: FolderId, blobs: readonly SmallBlob[]): Promise<void> {
    const rows: StoreOperation[] = [];
    for (const { name, bytes } of blobs) {
      rows.push(...(await this.#small.rowsOf(name, bytes)), ...(await this.#rowsOf(folder, name)));
    }
    await this.#committer.commit(rows);
  }

  async #has(folder: FolderId, name: BlobName): Promise<boolean> {
    return (await this.#store.get(keyOf(folder, name))) !== undefined;
  }

  async #rowsOf(folder: FolderId, name: BlobName): Promise<StoreOperation[]> {
    if (await this.#has(folder, name)) return [];
    return [{ type: 'put', key: keyOf(folder, name), value: EMPTY }];
  }
}

const keyOf = (folder: FolderId, name: BlobName): string => areaPrefix(folder, 'blob') + name;
