/**
 * What a damaged store, and the blob store beside it, still have of the blobs that records name: of contents in chunks also what
 * their manifests list, and the rows that say where chunks lie.
 */
import { type BlobName, sha256, toHex } from '../base/index.ts';
import { isEvermeshError, EvermeshError } from '../errors/index.ts';
import {
  blobKey,
  type BlobStore,
  chunkKey,
  entryRow,
  readPlace,
  type StoreOperation,
  walkManifest,
} from '../log/index.ts';
import { decodeManifest, type Manifest } from '../protocol/index.ts';
import type { DamagedStore } from './surviving-rows.ts';

/** Bytes of rows in memory at one time. */
const KEPT_BYTES = 4 * 1024 * 1024;

export interface SurvivingBlobsOptions {
  readonly names: Iterable<BlobName>;
  readonly store: DamagedStore;
  /** Where blobs lie that are not in the store. Open. */
  readonly beside: Pick<BlobStore, 'size'>;
  readonly signal?: AbortSignal | undefined;
  /** Is given the rows that are worth keeping. Default: nobody is. */
  readonly keep?: ((rows: readonly StoreOperation[]) => Promise<void>) | undefined;
}

export interface SurvivingBlobs {
  /** Those of the names that are not here, or not with all that they list. */
  readonly missing: ReadonlySet<BlobName>;
  /** What lies beside the store, packs of chunks too. */
  readonly beside: ReadonlySet<BlobName>;
}

export async function survivingBlobs(options: SurvivingBlobsOptions): Promise<SurvivingBlobs> {
  const search = new Search(options);
  const missing = new Set<BlobName>();
  for (const name of options.names) {
    options.signal?.throwIfAborted();
    if (!(await search.carries(name))) missing.add(name);
  }
  await search.end();
  return { missing, beside: search.beside };
}

class Search {
  readonly beside = new Set<BlobName>();
  readonly #options: SurvivingBlobsOptions;
  /** Packs, whether they are here. */
  readonly #packs = new Map<BlobName, boolean>();
  #rows: StoreOperation[] = [];
  #bytes = 0;

  constructor(options: SurvivingBlobsOptions) {
    this.#options = options;
  }

  async carries(name: BlobName): Promise<boolean> {
    const bytes = await this.#small(name);
    if (bytes === undefined) return this.#isBeside(name);
    const manifest = decodeManifest(bytes);
    return manifest === undefined || this.#carriesContent(name, manifest);
  }

  async end(): Promise<void> {
    const rows = this.#rows;
    [this.#rows, this.#bytes] = [[], 0];
    if (rows.length > 0) await this.#options.keep?.(rows);
  }

  async #carriesContent(root: BlobName, manifest: Manifest): Promise<boolean> {
    let isWhole = true;
    const node = async (name: BlobName): Promise<Uint8Array> => {
      const bytes = await this.#small(name);
      if (bytes === undefined) throw new EvermeshError('BLOB_NOT_FOUND', `List ${name} is not here.`);
      return bytes;
    };
    try {
      for await (const chunks of walkManifest(manifest, { need: () => Promise.resolve(), node }))
        for (const { name } of chunks) if (!(await this.#carriesChunk(name))) isWhole = false;
    } catch (error) {
      if (!isEvermeshError(error, 'BLOB_NOT_FOUND') && !isEvermeshError(error, 'BLOB_DAMAGED')) throw error;
      isWhole = false;
    }
    if (isWhole) await this.#keep(entryRow(manifest.content, root));
    return isWhole;
  }

  async #carriesChunk(name: BlobName): Promise<boolean> {
    const key = chunkKey(name);
    const value = await this.#options.store.get(key);
    const place = value && placeIn(key, value);
    if (value === undefined || place === undefined) return (await this.#small(name)) !== undefined;
    let isHere = this.#packs.get(place.pack);
    if (isHere === undefined) {
      isHere = (await this.#small(place.pack)) !== undefined || (await this.#isBeside(place.pack));
      this.#packs.set(place.pack, isHere);
    }
    if (isHere) await this.#keep({ type: 'put', key, value });
    // It may have come again by itself since.
    return isHere || (await this.#small(name)) !== undefined;
  }

  /** A blob in the store, if it is what its name says. It is kept. */
  async #small(name: BlobName): Promise<Uint8Array | undefined> {
    const key = blobKey(name);
    const value = await this.#options.store.get(key);
    if (value === undefined || toHex(sha256(value)) !== name) return undefined;
    await this.#keep({ type: 'put', key, value });
    return value;
  }

  async #isBeside(name: BlobName): Promise<boolean> {
    const isHere = (await this.#options.beside.size(name)) !== undefined;
    if (isHere) this.beside.add(name);
    return isHere;
  }

  async #keep(row: StoreOperation & { type: 'put' }): Promise<void> {
    if (this.#options.keep === undefined) return;
    this.#rows.push(row);
    this.#bytes += row.key.length + row.value.byteLength;
    if (this.#bytes >= KEPT_BYTES) await this.end();
  }
}

function placeIn(key: string, row: Uint8Array): ReturnType<typeof readPlace> | undefined {
  try {
    return readPlace(key, row);
  } catch (error) {
    if (!isEvermeshError(error, 'STORE_CORRUPT')) throw error;
    return undefined;
  }
}
