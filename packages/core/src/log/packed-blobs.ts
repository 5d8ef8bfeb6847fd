/**
 * Chunks of large contents, many in one blob: a pack. A row for each would make a database of gigabytes, all of which is read
 * before it is opened; a file for each would make as many syncs. A row says where in which pack a chunk lies. It is written
 * after the pack is durable, so what a row says is there; a pack without rows is what a crash left.
 *
 * All other blobs lie where they did, and are found here too.
 */
import { type BlobName, concatBytes, gather, sha256, toHex } from '../base/index.ts';
import { EvermeshError, isEvermeshError } from '../errors/index.ts';
import { type SmallBlob, Writer } from '../protocol/index.ts';
import type { BlobStore } from './blob-store.ts';
import type { BlobsInUse } from './blobs-in-use.ts';
import type { Committer } from './committer.ts';
import { chunkKey } from './keys.ts';
import type { Store, StoreOperation } from './store.ts';
import type { StoreBlobs } from './store-blobs.ts';
import { storedRow } from './stored-row.ts';
import { tieredBlobs } from './tiered-blobs.ts';

/** Bytes of chunks that are handed on together: a call for each of them would cost more than the copy. */
const PIECE_BYTES = 256 * 1024;

/** Where a chunk lies. */
interface Place {
  readonly pack: BlobName;
  readonly offset: number;
  readonly size: number;
}

export class PackedBlobs implements BlobStore {
  readonly #store: Store;
  readonly #committer: Committer;
  readonly #small: StoreBlobs;
  readonly #under: BlobStore;
  readonly #inUse: BlobsInUse;
  /** Chunks of which a read found that their pack is gone, or does not hold them as they were. */
  readonly #damaged = new Set<BlobName>();

  /**
   * @param committer of `store`
   * @param small where small blobs lie that are in no pack
   * @param large where packs lie, and every other blob; default: with the small ones
   * @param inUse is told of all that is found here, or stored
   */
  constructor(
    store: Store,
    committer: Committer,
    { small, large }: { readonly small: StoreBlobs; readonly large: BlobStore | undefined },
    inUse: BlobsInUse,
  ) {
    this.#store = store;
    this.#committer = committer;
    this.#small = small;
    this.#under = large === undefined ? small : tieredBlobs(small, large);
    this.#inUse = inUse;
  }

  open(): Promise<void> {
    return this.#under.open();
  }

  close(): Promise<void> {
    return this.#under.close();
  }

  async size(name: BlobName): Promise<number | undefined> {
    return (await this.#placeOf(name))?.size ?? this.#under.size(name);
  }

  async *read(name: BlobName, offset = 0): AsyncGenerator<Uint8Array> {
    const place = await this.#placeOf(name);
    if (place === undefined) yield* this.#under.read(name, offset);
    else for await (const chunk of this.#run([name], [place])) yield chunk.subarray(offset);
  }

  /** The bytes of each of them, in their order. @throws BLOB_DAMAGED, BLOB_NOT_FOUND, with its name */
  async *readMany(names: readonly BlobName[]): AsyncGenerator<Uint8Array> {
    const places = await Promise.all(names.map((name) => this.#placeOf(name)));
    for (let from = 0; from < names.length;) {
      const run: Place[] = [];
      for (const place of places.slice(from)) {
        if (place === undefined || !follows(place, run.at(-1))) break;
        run.push(place);
      }
      const [name] = names.slice(from) as [BlobName];
      if (run.length > 0) yield* this.#run(names.slice(from, from + run.length), run);
      else yield (await gather(this.#under.read(name))) as Uint8Array;
      from += Math.max(1, run.length);
    }
  }

  write(bytes: AsyncIterable<Uint8Array>, expected?: BlobName): Promise<{ name: BlobName; size: number }> {
    return this.#inUse.store(async () => {
      const written = await this.#under.write(bytes, expected);
      this.#inUse.note(written.name);
      return written;
    });
  }

  /**
   * Stores those that are not here in one pack, and `rows` with them; durable when it resolves. All of it is in memory.
   * @param chunks whose bytes were seen to hash to their names
   */
  writeMany(chunks: readonly SmallBlob[], rows: readonly StoreOperation[] = []): Promise<void> {
    return this.#inUse.store(() => this.#writeMany(chunks, rows));
  }

  async #writeMany(chunks: readonly SmallBlob[], rows: readonly StoreOperation[]): Promise<void> {
    const lacking = new Map<BlobName, SmallBlob>();
    await Promise.all(
      chunks.map(async (chunk) => {
        if (!(await this.#hasSmall(chunk.name))) lacking.set(chunk.name, chunk);
      }),
    );
    // In the order of the content, in which they are going to be read.
    const packed = chunks.filter((chunk) => lacking.get(chunk.name) === chunk);
    const places: StoreOperation[] = [];
    if (packed.length > 0) {
      const { name: pack } = await this.#under.write(piecesOf(packed));
      this.#inUse.note(pack);
      let offset = 0;
      for (const { name, size } of packed) {
        const value = new Writer().hex(pack).uint(offset).uint(size).finish();
        places.push({ type: 'put', key: chunkKey(name), value });
        offset += size;
      }
    }
    await this.#committer.commit([...places, ...rows]);
    for (const { name } of packed) this.#damaged.delete(name);
  }

  /** The room in its pack is not given back. */
  async delete(name: BlobName): Promise<void> {
    await this.#committer.commit([{ type: 'del', key: chunkKey(name) }]);
    await this.#under.delete(name);
  }

  /** One that is a file by itself is stored once more: looking for a file for each chunk took a fifth of storing them all. */
  async #hasSmall(name: BlobName): Promise<boolean> {
    return ((await this.#placeOf(name)) ?? (await this.#small.size(name))) !== undefined;
  }

  async #placeOf(name: BlobName): Promise<Place | undefined> {
    await this.#inUse.use(name);
    const row = this.#damaged.has(name) ? undefined : await this.#store.get(chunkKey(name));
    return row && readPlace(chunkKey(name), row);
  }

  /** Chunks that lie one behind the other in a pack. */
  async *#run(names: readonly BlobName[], places: readonly Place[]): AsyncGenerator<Uint8Array> {
    const [{ pack, offset }] = places as [Place];
    let held: Uint8Array[] = [];
    let size = 0;
    let at = 0;
    try {
      for await (const piece of this.#under.read(pack, offset)) {
        held.push(piece);
        size += piece.byteLength;
        if (size < (places[at] as Place).size) continue;
        const bytes = held.length === 1 ? piece : concatBytes(held);
        let from = 0;
        for (let place = places[at]; place !== undefined; place = places[at]) {
          if (bytes.byteLength - from < place.size) break;
          const chunk = bytes.subarray(from, from + place.size);
          if (toHex(sha256(chunk)) !== names[at]) throw damaged(names[at] as BlobName);
          yield chunk;
          from += place.size;
          at += 1;
        }
        if (at === places.length) return;
        held = [bytes.subarray(from)];
        size = bytes.byteLength - from;
      }
      throw damaged(names[at] as BlobName);
    } catch (error) {
      if (!isEvermeshError(error, 'BLOB_DAMAGED') && !isEvermeshError(error, 'BLOB_NOT_FOUND')) throw error;
      const name = names[at] as BlobName;
      this.#damaged.add(name);
      // It may have come again by itself since.
      if ((await this.#under.size(name)) === undefined) throw damaged(name, error);
    }
    yield (await gather(this.#under.read(names[at] as BlobName))) as Uint8Array;
    if (at + 1 < names.length) yield* this.#run(names.slice(at + 1), places.slice(at + 1));
  }
}

/** Where a chunk lies, as its row says. @throws STORE_CORRUPT */
export const readPlace = (key: string, row: Uint8Array): Place =>
  storedRow(key, row, (reader) => ({
    pack: toHex(reader.raw(32)) as BlobName,
    offset: reader.uint(),
    size: reader.uint(),
  }));

const follows = (place: Place, before: Place | undefined): boolean =>
  before === undefined || (place.pack === before.pack && place.offset === before.offset + before.size);

async function* piecesOf(chunks: readonly SmallBlob[]): AsyncGenerator<Uint8Array> {
  let piece: Uint8Array[] = [];
  let size = 0;
  for (const { bytes } of chunks) {
    piece.push(bytes);
    size += bytes.byteLength;
    if (size < PIECE_BYTES) continue;
    yield concatBytes(piece);
    [piece, size] = [[], 0];
  }
  if (size > 0) yield concatBytes(piece);
}

const damaged = (name: BlobName, cause?: unknown): EvermeshError =>
  new EvermeshError('BLOB_DAMAGED', `Chunk ${name} is not what it was.`, { cause, details: { name } });
