/**
 * What files hold that is not text, by the SHA-256 of all of it. Above 256 KiB a content is stored in chunks, each of them once,
 * whichever contents have it; so an edit of a large file costs what it changed. What stands for it on the wire and in records
 * is its manifest: blobs like any others.
 *
 * No more of a content is in memory than two packs, one that is being stored and one that is being filled, however large it is.
 */
import { begun, type BlobName, gather, inOnePiece, sha256OfPieces, toHex } from '../base/index.ts';
import { EvermeshError, isEvermeshError } from '../errors/index.ts';
import {
  beginsAsManifest,
  Cutter,
  decodeManifest,
  LIMITS,
  type Manifest,
  type ManifestEntry,
  type SmallBlob,
  Writer,
} from '../protocol/index.ts';
import type { BlobStore } from './blob-store.ts';
import { BlobsInUse } from './blobs-in-use.ts';
import type { Committer } from './committer.ts';
import { contentKey } from './keys.ts';
import { blobOf, ManifestBuilder } from './manifest-builder.ts';
import { PackedBlobs } from './packed-blobs.ts';
import { StoreBlobs } from './store-blobs.ts';
import type { Store, StoreOperation } from './store.ts';
import { storedRow } from './stored-row.ts';
import { type ManifestSource, walkManifest } from './walk-manifest.ts';

/** Up to so many bytes a content is one blob. */
const WHOLE_BYTES = 256 * 1024;
/** Bytes of chunks that are stored together. */
const PACK_BYTES = 4 * 1024 * 1024;

/** What is here of a content in chunks. */
interface Entry {
  readonly root: BlobName;
  readonly size: number;
}

export class Contents implements BlobStore {
  /** What contents consist of, and what others ask for: small contents, chunks, and what lists them. */
  readonly blobs: PackedBlobs;
  /** What of it is used, for who collects the rest. */
  readonly inUse: BlobsInUse = new BlobsInUse();
  readonly #store: Store;
  readonly #committer: Committer;
  readonly #small: StoreBlobs;
  /** Contents of which a read found a chunk missing or damaged. */
  readonly #damaged = new Set<BlobName>();

  /**
   * @param committer of `store`
   * @param large where blobs lie that are not small; default: in the store
   */
  constructor(store: Store, committer: Committer, large?: BlobStore) {
    this.#store = store;
    this.#committer = committer;
    this.#small = new StoreBlobs(store, committer);
    this.blobs = new PackedBlobs(store, committer, { small: this.#small, large }, this.inUse);
  }

  open(): Promise<void> {
    return this.blobs.open();
  }

  close(): Promise<void> {
    return this.blobs.close();
  }

  async size(name: BlobName): Promise<number | undefined> {
    const entry = this.#damaged.has(name) ? undefined : await this.#entryOf(name);
    return entry?.size ?? this.blobs.size(name);
  }

  /** What stands for a content in records: the root of its manifest, or the content itself if it is one blob. */
  async nameInRecords(name: BlobName): Promise<BlobName> {
    return (await this.#entryOf(name))?.root ?? name;
  }

  async *read(name: BlobName, offset = 0): AsyncGenerator<Uint8Array> {
    // A content that fills one pack is that pack: it is here even if a chunk is not found in it.
    const entry = this.#damaged.has(name) ? undefined : await this.#entryOf(name);
    if (entry === undefined) yield* this.blobs.read(name, offset);
    else yield* this.#readChunks(name, entry.root, offset);
  }

  async *#readChunks(name: BlobName, root: BlobName, offset: number): AsyncGenerator<Uint8Array> {
    try {
      const manifest = await this.manifest(root);
      if (manifest === undefined) throw damaged(name);
      let left = offset;
      for await (const chunk of this.#chunks(manifest)) {
        if (left < chunk.byteLength) yield chunk.subarray(left);
        left = Math.max(0, left - chunk.byteLength);
      }
    } catch (error) {
      if (!isLost(error)) throw error;
      this.#damaged.add(name);
      throw damaged(name, error);
    }
  }

  /** A content whose first bytes are those of a manifest is stored in chunks as well: as a blob it would be taken for one. */
  write(pieces: AsyncIterable<Uint8Array>, expected?: BlobName): Promise<{ name: BlobName; size: number }> {
    return begun(pieces, WHOLE_BYTES, (content) => {
      const inChunks = (bytes: AsyncIterable<Uint8Array>): Promise<{ name: BlobName; size: number }> =>
        this.inUse.store(() => this.#writeInChunks(bytes, expected));
      if ('long' in content) return inChunks(content.long);
      const bytes = inOnePiece(content.whole);
      return beginsAsManifest(content.whole) ? inChunks(bytes) : this.blobs.write(bytes, expected);
    });
  }

  /** Of one in chunks these stay, for other contents may have them; and so does a pack that is all of it. */
  async delete(name: BlobName): Promise<void> {
    if ((await this.#entryOf(name)) === undefined) return this.blobs.delete(name);
    await this.#committer.commit([{ type: 'del', key: contentKey(name) }]);
    this.#damaged.delete(name);
  }

  /** The manifest that a blob is, if it is one and here. @throws BLOB_DAMAGED */
  async manifest(root: BlobName): Promise<Manifest | undefined> {
    const size = await this.blobs.size(root);
    if (size === undefined || size > LIMITS.smallBlobBytes) return undefined;
    return decodeManifest(await this.source.node(root));
  }

  /** Whether the content of this manifest is here, as far as anybody found. */
  async isComplete(root: BlobName, { content }: Manifest): Promise<boolean> {
    return !this.#damaged.has(content.name) && (await this.#entryOf(content.name))?.root === root;
  }

  /**
   * Notes that all of this content is here, after it was read: what a peer calls the manifest of a content may be that of another.
   * Durable when it resolves.
   * @throws BLOB_DAMAGED, with the name of the chunk that is damaged, if it is one; BLOB_NOT_FOUND
   */
  complete(root: BlobName, manifest: Manifest): Promise<void> {
    return this.inUse.store(() => this.#complete(root, manifest));
  }

  async #complete(root: BlobName, manifest: Manifest): Promise<void> {
    const { content } = manifest;
    const hash = sha256OfPieces();
    try {
      for await (const chunk of this.#chunks(manifest)) hash.update(chunk);
    } catch (error) {
      if (isLost(error)) await this.#findDamaged(manifest);
      throw error;
    }
    if (toHex(hash.digest()) !== content.name) throw damaged(content.name);
    for (const name of [root, content.name]) this.inUse.note(name);
    await this.#committer.commit([entryRow(content, root)]);
    this.#damaged.delete(content.name);
  }

  /** Keeps nodes of manifests. Durable when it resolves. @throws BLOB_DAMAGED */
  async keepNodes(nodes: readonly SmallBlob[]): Promise<void> {
    await Promise.all(nodes.map(({ name, bytes }) => this.blobs.write(inOnePiece(bytes), name)));
  }

  /** How the nodes of manifests here are read. */
  readonly source: ManifestSource = {
    need: () => Promise.resolve(),
    node: async (name) => (await gather(this.blobs.read(name))) as Uint8Array,
  };

  /** The bytes of each chunk. */
  async *#chunks(manifest: Manifest): AsyncGenerator<Uint8Array> {
    for await (const entries of walkManifest(manifest, this.source)) {
      let at = 0;
      for await (const bytes of this.blobs.readMany(entries.map(({ name }) => name))) {
        const { name, size } = entries[at++] as ManifestEntry;
        if (bytes.byteLength !== size) throw damaged(name);
        yield bytes;
      }
    }
  }

  /** Looks at each chunk by itself, so that all that are damaged are known, and not the first alone. */
  async #findDamaged(manifest: Manifest): Promise<void> {
    for await (const entries of walkManifest(manifest, this.source)) {
      for (const { name } of entries) {
        try {
          for await (const _ of this.blobs.read(name));
        } catch (error) {
          if (!isLost(error)) throw error;
        }
      }
    }
  }

  async #writeInChunks(
    pieces: AsyncIterable<Uint8Array>,
    expected: BlobName | undefined,
  ): Promise<{ name: BlobName; size: number }> {
    const hash = sha256OfPieces();
    const cutter = new Cutter();
    const builder = new ManifestBuilder();
    let size = 0;
    let held: SmallBlob[] = [];
    let heldBytes = 0;
    let nodes: SmallBlob[] = [];
    let storing: Promise<void> = Promise.resolve();
    /** Begins to store what is held, once what was held before is durable: a list never comes before what it lists. */
    const keep = async (rows: readonly StoreOperation[] = []): Promise<void> => {
      await storing;
      storing = this.#keep(held, nodes, rows);
      // Whoever awaits it is told. Until then nobody does.
      storing.catch(() => undefined);
      [held, heldBytes, nodes] = [[], 0, []];
    };
    const add = async (chunks: Iterable<Uint8Array>): Promise<void> => {
      for (const bytes of chunks) {
        const chunk = blobOf(bytes);
        held.push(chunk);
        heldBytes += chunk.size;
        nodes.push(...builder.add(chunk));
        if (heldBytes >= PACK_BYTES) await keep();
      }
    };
    try {
      for await (const piece of pieces) {
        hash.update(piece);
        size += piece.byteLength;
        await add(cutter.push(piece));
      }
      await add(cutter.end());
      const name = toHex(hash.digest()) as BlobName;
      if (expected !== undefined && name !== expected) throw damaged(expected);
      const content = { name, size };
      const [root, ...rest] = builder.end(content);
      nodes.push(root, ...rest);
      this.inUse.note(name);
      await keep([entryRow(content, root.name)]);
      await storing;
      this.#damaged.delete(name);
      return content;
    } finally {
      // Whoever was told that it failed may close the store: nothing is written there any more.
      await storing.catch(() => undefined);
    }
  }

  /** Durable when it resolves. */
  async #keep(
    chunks: readonly SmallBlob[],
    nodes: readonly SmallBlob[],
    rows: readonly StoreOperation[],
  ): Promise<void> {
    for (const { name } of nodes) this.inUse.note(name);
    const nodeRows = await Promise.all(nodes.map(({ name, bytes }) => this.#small.rowsOf(name, bytes)));
    await this.blobs.writeMany(chunks, [...nodeRows.flat(), ...rows]);
  }

  async #entryOf(name: BlobName): Promise<Entry | undefined> {
    await this.inUse.use(name);
    const row = await this.#store.get(contentKey(name));
    return row && readEntry(contentKey(name), row);
  }
}

/** @throws STORE_CORRUPT */
export const readEntry = (key: string, row: Uint8Array): Entry =>
  storedRow(key, row, (reader) => ({ root: toHex(reader.raw(32)) as BlobName, size: reader.uint() }));

/** That all of a content is here. */
export const entryRow = (
  { name, size }: ManifestEntry,
  root: BlobName,
): StoreOperation & { type: 'put' } => ({
  type: 'put',
  key: contentKey(name),
  value: new Writer().hex(root).uint(size).finish(),
});

/** Not here, or not what it was. */
export const isLost = (error: unknown): boolean =>
  isEvermeshError(error, 'BLOB_DAMAGED') || isEvermeshError(error, 'BLOB_NOT_FOUND');

const damaged = (name: BlobName, cause?: unknown): EvermeshError =>
  new EvermeshError('BLOB_DAMAGED', `The bytes of ${name} do not hash to its name, or some are missing.`, {
    cause,
    details: { name },
  });
