/**
 * The blobs of a relay, by folder: one is served under no folder that it was not put under, whoever knows its name. That it was
 * put is a row of the folder, which is never there before the blob is whole and durable.
 */
import { type BlobName, EMPTY, type FolderId, gather } from '@evermesh/core/base';
import { isEvermeshError } from '@evermesh/core/errors';
import {
  areaPrefix,
  prefixEnd,
  BlobsInUse,
  type BlobStore,
  type Committer,
  PackedBlobs,
  type Store,
  StoreBlobs,
  type StoreOperation,
} from '@evermesh/core/log';
import { type BatchedBlob, LIMITS, type LogRecord, type SmallBlob } from '@evermesh/core/protocol';
import type { Arrival, FolderQuota } from './folder-quota.ts';
import { WantedBlobs } from './wanted-blobs.ts';

/** Blobs that one PUT may turn out to want: as many as an atomic group has records. */
const WANTED_AT_ONCE = LIMITS.groupRecords;

/** Bytes of a blob that may be a chunk, and of those in one request that make a pack. Nearly all chunks have twice as many. */
const CHUNK_BYTES = 8 * 1024;
const PACK_BYTES = 1024 * 1024;

export class FolderBlobs {
  readonly wanted: WantedBlobs;
  readonly #store: Store;
  readonly #committer: Committer;
  readonly #small: StoreBlobs;
  readonly #blobs: PackedBlobs;
  /** What a folder may take, records included; absent: what the disk has. */
  readonly quota: FolderQuota | undefined;

  /** @param large where blobs lie that are not small, open; the others lie in the store */
  constructor(store: Store, committer: Committer, large: BlobStore, quota?: FolderQuota) {
    this.wanted = new WantedBlobs(store, committer);
    this.#store = store;
    this.#committer = committer;
    this.quota = quota;
    this.#small = new StoreBlobs(store, committer);
    this.#blobs = new PackedBlobs(store, committer, { small: this.#small, large }, new BlobsInUse());
  }

  /** `undefined` if the folder has no such blob here. */
  async size(folder: FolderId, name: BlobName): Promise<number | undefined> {
    if (!(await this.#has(folder, name))) return undefined;
    const size = await this.#blobs.size(name);
    if (size === undefined) await this.wanted.note(folder, name);
    return size;
  }

  /** Of a blob that the folder has. @throws BLOB_NOT_FOUND, BLOB_DAMAGED */
  async *read(folder: FolderId, name: BlobName, offset: number): AsyncGenerator<Uint8Array> {
    try {
      yield* this.#blobs.read(name, offset);
    } catch (error) {
      if (isLost(error)) await this.wanted.note(folder, name);
      throw error;
    }
  }

  /** What records name, the folder lacks here, and is not noted as wanted yet. */
  async unnoted(folder: FolderId, records: readonly LogRecord[]): Promise<BlobName[]> {
    const lacking: BlobName[] = [];
    for (const name of new Set(records.flatMap(({ header }) => header.blobs))) {
      if (lacking.length === WANTED_AT_ONCE) break;
      if ((await this.size(folder, name)) === undefined) lacking.push(name);
    }
    return this.wanted.unnoted(folder, lacking);
  }

  /** What is noted as wanted, and not here. */
  async *lacking(folder: FolderId): AsyncGenerator<BlobName> {
    for await (const name of this.wanted.of(folder)) {
      if ((await this.size(folder, name)) === undefined) yield name;
      // It was put while a record that names it was on its way to the disk.
      else await this.#committer.commit(await this.wanted.metRows(folder, name));
    }
  }

  /** Those of `names` that the folder does not have here, each once. */
  async lackingOf(folder: FolderId, names: readonly BlobName[]): Promise<BlobName[]> {
    const lacking: BlobName[] = [];
    for (const name of new Set(names)) if ((await this.size(folder, name)) === undefined) lacking.push(name);
    return lacking;
  }

  /** With its bytes if it is a small one; `undefined` if the folder has no such blob here, or what is here is damaged. */
  async batched(folder: FolderId, name: BlobName): Promise<BatchedBlob | undefined> {
    const size = await this.size(folder, name);
    if (size === undefined) return undefined;
    if (size > LIMITS.smallBlobBytes) return { name, size, bytes: undefined };
    try {
      const bytes = await gather(this.read(folder, name, 0));
      return bytes && { name, size: bytes.byteLength, bytes };
    } catch (error) {
      if (isLost(error)) return undefined;
      throw error;
    }
  }

  /** Durable when it resolves. @throws BLOB_DAMAGED if the bytes do not hash to the name; QUOTA_EXCEEDED */
  async put(folder: FolderId, name: BlobName, pieces: AsyncIterable<Uint8Array>): Promise<void> {
    await this.#within(folder, [name], async (arrivals) => {
      await this.#blobs.write(arrivals.get(name)?.counted(pieces) ?? pieces, name);
      await this.#committer.commit(await this.#rowsOf(folder, name));
    });
  }

  /**
   * In one batch of the store, so with one sync, or two if many of them are of the size of chunks; durable when it resolves.
   * @param blobs whose bytes were seen to hash to their names
   * @throws QUOTA_EXCEEDED: none of them was stored
   */
  async putMany(folder: FolderId, blobs: readonly SmallBlob[]): Promise<void> {
    const names = blobs.map(({ name }) => name);
    await this.#within(folder, names, async (arrivals) => {
      const chunks = packable(blobs);
      const rows: StoreOperation[] = [];
      for (const blob of blobs) {
        const { name, bytes } = blob;
        arrivals.get(name)?.take(bytes.byteLength);
        if (!chunks.has(blob)) rows.push(...(await this.#small.rowsOf(name, bytes)));
        rows.push(...(await this.#rowsOf(folder, name)));
      }
      await this.#blobs.writeMany([...chunks], rows);
    });
  }

  /** Writes what takes room of the folder's, unless the folder has it already; what fails takes none. */
  async #within(
    folder: FolderId,
    names: readonly BlobName[],
    write: (arrivals: ReadonlyMap<BlobName, Arrival>) => Promise<void>,
  ): Promise<void> {
    const arrivals = new Map<BlobName, Arrival>();
    const { quota } = this;
    if (quota !== undefined)
      for (const name of names)
        if (!arrivals.has(name))
          arrivals.set(
            name,
            quota.arrive(folder, name, () => this.#sizes(folder)),
          );
    try {
      for (const [name, arrival] of arrivals)
        if ((await this.size(folder, name)) === undefined) await arrival.begin();
      await write(arrivals);
      for (const arrival of arrivals.values()) arrival.kept();
    } finally {
      for (const arrival of arrivals.values()) arrival.leave();
    }
  }

  async *#sizes(folder: FolderId): AsyncGenerator<number> {
    const prefix = areaPrefix(folder, 'blob');
    for await (const [key] of this.#store.iterator({ gte: prefix, lt: prefixEnd(prefix) }))
      yield (await this.#blobs.size(key.slice(prefix.length) as BlobName)) ?? 0;
  }

  async #has(folder: FolderId, name: BlobName): Promise<boolean> {
    return (await this.#store.get(keyOf(folder, name))) !== undefined;
  }

  /** That the folder has it, and wants it no more. */
  async #rowsOf(folder: FolderId, name: BlobName): Promise<StoreOperation[]> {
    const met = await this.wanted.metRows(folder, name);
    if (await this.#has(folder, name)) return met;
    return [{ type: 'put', key: keyOf(folder, name), value: EMPTY }, ...met];
  }
}

/** What goes into a pack: as rows, the chunks of large contents would make a database that takes long to open. */
function packable(blobs: readonly SmallBlob[]): ReadonlySet<SmallBlob> {
  const chunks = blobs.filter(({ size }) => size >= CHUNK_BYTES);
  const bytes = chunks.reduce((sum, { size }) => sum + size, 0);
  return new Set(bytes >= PACK_BYTES ? chunks : []);
}

const isLost = (error: unknown): boolean =>
  isEvermeshError(error, 'BLOB_NOT_FOUND') || isEvermeshError(error, 'BLOB_DAMAGED');

const keyOf = (folder: FolderId, name: BlobName): string => areaPrefix(folder, 'blob') + name;
