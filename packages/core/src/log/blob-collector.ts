/**
 * Deletes blobs that nothing names any more: first it notes since when that has been so, and only what is still unnamed after a grace time,
 * and was used by nobody meanwhile, goes. What is asked is always the records, never what was noted.
 *
 * Contents and blobs that records may name have that time. Chunks, and what lists them, are kept by the contents that are here, named or
 * not, and go when the last of these has gone. A pack goes when no chunk lies in it any more, with the same grace; until then it stays whole.
 *
 * Each batch is whole in itself: what a crash leaves undone, the next look finds again. A note goes only with what it is of, or after it.
 */
import type { BlobName, Clock, Logger, Timer } from '../base/index.ts';
import { EvermeshError, isEvermeshError } from '../errors/index.ts';
import { decodeManifest, type ManifestEntry, Writer } from '../protocol/index.ts';
import type { BlobStore } from './blob-store.ts';
import { BlobSuspects, nameOf } from './blob-suspects.ts';
import type { Committer } from './committer.ts';
import { type Contents, readEntry } from './contents.ts';
import { blobKey, chunkKey, contentKey, prefixEnd, unnamedKey } from './keys.ts';
import { readPlace } from './packed-blobs.ts';
import type { Store, StoreOperation } from './store.ts';
import { storedRow } from './stored-row.ts';
import { walkManifest } from './walk-manifest.ts';

/** Who may name blobs. */
export interface NamesOfBlobs {
  /** Whether all who may name blobs can be asked, and wait for none. */
  isQuiet(): boolean;
  /** What records name, and whoever else does; contents by their own names or those of their roots. */
  names(): AsyncIterable<BlobName>;
}

export interface BlobCollectorOptions {
  readonly store: Store;
  readonly committer: Committer;
  readonly contents: Contents;
  /** Where blobs lie that are not small. */
  readonly large: Pick<BlobStore, 'delete'> | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds for which something has to be unnamed. */
  readonly grace: number;
  /** Does this when nobody lets records go. */
  readonly between: (work: () => Promise<void>) => Promise<void>;
}

/** Looks in each grace time. */
const LOOKS = 8;
/** Rows that are looked at together: their names are in memory. The next look takes the next. */
const PAGE = 131_072;
/** Rows, and files, that are deleted together: whoever uses any blob waits for them. */
const BATCH = 32;

const [BLOBS, CHUNKS, CONTENTS] = [blobKey, chunkKey, contentKey].map((key) => key('' as BlobName)) as [
  string,
  string,
  string,
];

export class BlobCollector {
  readonly #options: BlobCollectorOptions;
  readonly #names: NamesOfBlobs;
  #timer: Timer | undefined;
  #looking: Promise<void> = Promise.resolve();
  /** The key from which on rows are looked at next. */
  #from = BLOBS;
  /** Looks of this program so far, and at which of them it noted what. */
  #looks = 0;
  readonly #notedAt = new Map<string, number>();
  readonly #abort = new AbortController();

  constructor(options: BlobCollectorOptions, names: NamesOfBlobs) {
    this.#options = options;
    this.#names = names;
  }

  /** What was noted before counts from when it was: from now on it is seen whether somebody uses it. */
  async begin(): Promise<void> {
    this.#options.contents.inUse.mark([...(await this.#noted()).keys()].map(nameOf));
    this.#wait();
  }

  /** Resolves when nothing is being looked at. */
  idle(): Promise<void> {
    return this.#looking;
  }

  /** What is being looked at is left as it is. */
  async close(): Promise<void> {
    this.#abort.abort();
    this.#timer?.cancel();
    await this.#looking;
  }

  #wait(): void {
    const { clock, grace, logger, between } = this.#options;
    const { signal } = this.#abort;
    if (signal.aborted) return;
    this.#timer = clock.after(grace / LOOKS, () => {
      this.#looking = between(() => this.#look())
        .catch((error: unknown) => {
          if (!signal.aborted) logger.error('blobs are not collected', { error: String(error) });
        })
        .finally(() => this.#wait());
    });
  }

  async #look(): Promise<void> {
    const { inUse } = this.#options.contents;
    if (!this.#mayGoOn() || inUse.isStoring) return;
    this.#looks += 1;
    const end = inUse.look();
    try {
      const suspects = new BlobSuspects(await this.#page(), await this.#noted());
      if (suspects.isEmpty) return;
      await this.#clear(suspects);
      await this.#delete(suspects, await this.#note(suspects));
    } finally {
      end();
    }
  }

  #mayGoOn(): boolean {
    return !this.#abort.signal.aborted && this.#names.isQuiet();
  }

  /** Keys of the next rows of blobs, chunks and contents. */
  async #page(): Promise<Set<string>> {
    const rows = new Set<string>();
    const range = { gte: this.#from, lt: prefixEnd(CONTENTS), limit: PAGE };
    for await (const [key] of this.#options.store.iterator(range)) rows.add(key);
    // The smallest text behind the last key.
    this.#from = rows.size < PAGE ? BLOBS : `${[...rows].at(-1)}\0`;
    return rows;
  }

  async #noted(): Promise<Map<string, number>> {
    const noted = new Map<string, number>();
    const prefix = unnamedKey('');
    const range = { gte: prefix, lt: prefixEnd(prefix), limit: PAGE };
    for await (const [key, row] of this.#options.store.iterator(range))
      noted.set(
        key.slice(prefix.length),
        storedRow(key, row, (reader) => reader.uint()),
      );
    return noted;
  }

  /**
   * Takes out whatever is needed. Nothing but what may go is held: of what is named there is as much as there are files.
   * @throws BLOB_NOT_FOUND, BLOB_DAMAGED where it cannot be found out what that is
   */
  async #clear(suspects: BlobSuspects): Promise<void> {
    const { store } = this.#options;
    const { signal } = this.#abort;
    for await (const [key, row] of store.iterator({ gte: CONTENTS, lt: prefixEnd(CONTENTS) })) {
      signal.throwIfAborted();
      const { root } = readEntry(key, row);
      suspects.addContent(nameOf(key), root);
      // What lists its chunks is kept by it, as these are: it goes later, whatever was noted first.
      suspects.clear(blobKey(root));
      await this.#clearBelow(suspects, root, true);
    }
    for await (const name of this.#names.names()) {
      signal.throwIfAborted();
      if (suspects.isEmpty) return;
      const content = suspects.contentOf(name);
      suspects.clear(blobKey(name), chunkKey(name), contentKey(name), contentKey(content ?? name));
      // Of a content that is not here as a whole, as far as it is.
      if (content === undefined) await this.#clearBelow(suspects, name, false);
    }
    const chunks = { gte: CHUNKS, lt: prefixEnd(CHUNKS) };
    for await (const [key, row] of store.iterator(chunks)) suspects.clear(blobKey(readPlace(key, row).pack));
  }

  /** @param isWhole whether all of it is here */
  async #clearBelow(suspects: BlobSuspects, root: BlobName, isWhole: boolean): Promise<void> {
    const { store } = this.#options;
    const node = async (name: BlobName): Promise<Uint8Array> => {
      const bytes = await store.get(blobKey(name));
      if (bytes === undefined) throw new EvermeshError('BLOB_NOT_FOUND', `List ${name} is not here.`);
      return bytes;
    };
    const need = (entries: readonly ManifestEntry[]): Promise<void> => {
      for (const { name } of entries) suspects.clear(blobKey(name), chunkKey(name));
      return Promise.resolve();
    };
    const bytes = await store.get(blobKey(root));
    const manifest = bytes && decodeManifest(bytes);
    // Who cuts in another way has another root for the same content.
    if (manifest !== undefined && !isWhole) suspects.clear(contentKey(manifest.content.name));
    try {
      if (manifest !== undefined) for await (const _ of walkManifest(manifest, { need, node }));
      else if (isWhole) throw new EvermeshError('BLOB_NOT_FOUND', `Root ${root} is not here.`);
    } catch (error) {
      if (isWhole || !isEvermeshError(error, 'BLOB_NOT_FOUND')) throw error;
    }
  }

  /** Notes what is unnamed from now on, and forgets what is named again. Returns what was for long enough. */
  async #note(suspects: BlobSuspects): Promise<string[]> {
    const { committer, contents, clock, grace } = this.#options;
    const { rows, noted, cleared } = suspects;
    const { inUse } = contents;
    const now = clock.now();
    const due: string[] = [];
    const notes: StoreOperation[] = [];
    // Chunks are kept by contents, which have that time.
    const found = new Set([...[...rows].filter((key) => !key.startsWith(CHUNKS)), ...noted.keys()]);
    for (const key of found) {
      const since = inUse.isMarked(nameOf(key)) ? noted.get(key) : undefined;
      if (since !== undefined && since <= now && !this.#isUsed(key, suspects)) {
        if (now - since >= grace && this.#isNotedForLong(key)) due.push(key);
        continue;
      }
      notes.push({ type: 'put', key: unnamedKey(key), value: new Writer().uint(now).finish() });
      this.#notedAt.set(key, this.#looks);
    }
    inUse.mark([...found].map(nameOf));
    for (const key of cleared) {
      notes.push({ type: 'del', key: unnamedKey(key) });
      this.#notedAt.delete(key);
    }
    if (notes.length > 0) await committer.commit(notes);
    return due;
  }

  /** A clock may jump; looks do not. Whoever was about to name what an earlier program noted ended with that. */
  #isNotedForLong(key: string): boolean {
    const at = this.#notedAt.get(key);
    return at === undefined || this.#looks - at >= LOOKS;
  }

  #isUsed(key: string, suspects: BlobSuspects): boolean {
    const { inUse } = this.#options.contents;
    return suspects.namesOf(key).some((name) => inUse.isUsed(name));
  }

  /** @param due blobs and contents that go; chunks that nothing keeps go with them */
  async #delete(suspects: BlobSuspects, due: readonly string[]): Promise<void> {
    const { contents, logger } = this.#options;
    const chunks = [...suspects.rows].filter((key) => key.startsWith(CHUNKS));
    // What lists others goes before these.
    const all = [...due.toSorted().toReversed(), ...chunks];
    let deleted = 0;
    for (let from = 0; from < all.length; from += BATCH) {
      const batch = all.slice(from, from + BATCH);
      const isDone = await contents.inUse.delete(async () => {
        const keys = this.#mayGoOn() ? batch.filter((key) => !this.#isUsed(key, suspects)) : [];
        deleted += keys.length;
        await this.#deleteRows(keys);
      });
      if (!isDone || !this.#mayGoOn()) break;
    }
    if (deleted > 0) logger.debug('what nothing names any more was deleted', { blobs: deleted });
  }

  async #deleteRows(keys: readonly string[]): Promise<void> {
    const { store, committer, large, clock } = this.#options;
    const operations: StoreOperation[] = [];
    const value = new Writer().uint(clock.now()).finish();
    for (const key of keys) {
      const row = key.startsWith(CHUNKS) ? await store.get(key) : undefined;
      // The pack may have become empty.
      if (row !== undefined)
        operations.push({ type: 'put', key: unnamedKey(blobKey(readPlace(key, row).pack)), value });
      operations.push({ type: 'del', key });
    }
    if (operations.length > 0) await committer.commit(operations);
    if (large !== undefined)
      for (const key of keys) if (key.startsWith(BLOBS)) await large.delete(nameOf(key));
    const notes = keys.filter((key) => !key.startsWith(CHUNKS));
    if (notes.length > 0) await committer.commit(notes.map((key) => ({ type: 'del', key: unnamedKey(key) })));
    for (const key of notes) this.#notedAt.delete(key);
  }
}
