/**
 * Fetches the blobs that stored records name, in the background. They are asked for many at a time, and those that turn out
 * to be large, or manifests of contents, are then fetched one by one; each is verified before it counts. What fails is tried again later: the peer
 * may have the record from somebody who had the blob no more.
 */
import { type BlobName, type Clock, inOnePiece, type Logger, type Timer } from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import { decodeManifest, type Manifest, type SmallBlob } from '../protocol/index.ts';
import { fetchContent } from './content-fetch.ts';
import type { RemoteBlobs } from './transport.ts';
import type { SyncedFolder } from './synced-folder.ts';

/** Large blobs and contents that are on their way at one time. */
const PARALLEL = 4;
/** Blobs that are asked for in one request. */
const ASKED = 256;
/** Bytes of small blobs that are held until they are stored together. */
const HELD_BYTES = 1024 * 1024;
const FIRST_RETRY = 1000;
const LAST_RETRY = 300_000;

export class BlobFetches {
  readonly #folder: SyncedFolder;
  readonly #remote: RemoteBlobs;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** The peer gave these. */
  readonly #given: (names: readonly BlobName[]) => void;
  /** Some of them ended, well or not. */
  readonly #ended: () => void;
  /** One request at a time: what is wanted meanwhile is many blobs when the next one leaves. */
  #isAsking = false;
  /** What is fetched by itself, and how: those wait, or are on their way. */
  readonly #single = new Map<BlobName, () => Promise<void>>();
  readonly #alone = new Set<BlobName>();
  readonly #failed = new Set<BlobName>();
  readonly #running = new Set<Promise<void>>();
  readonly #abort = new AbortController();
  #retry: Timer | undefined;
  #delay: number = FIRST_RETRY;

  constructor(options: {
    folder: SyncedFolder;
    remote: RemoteBlobs;
    clock: Clock;
    logger: Logger;
    given: (names: readonly BlobName[]) => void;
    ended: () => void;
  }) {
    this.#folder = options.folder;
    this.#remote = options.remote;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#given = options.given;
    this.#ended = options.ended;
  }

  /** Looks what is wanted and begins as much of it as there is room for. */
  look(): void {
    if (this.#abort.signal.aborted) return;
    for (const [name, fetch] of this.#single) {
      if (this.#alone.size >= PARALLEL) break;
      if (!this.#alone.has(name) && !this.#failed.has(name)) this.#fetchAlone(name, fetch);
    }
    if (this.#isAsking) return;
    const names = this.#unasked();
    if (names.length > 0) this.#ask(names);
  }

  /** What failed before as well: somebody asks. */
  again(): void {
    this.#failed.clear();
    this.look();
  }

  /** Something is wanted, and all of it failed: it is tried again later, but nothing comes by waiting a little. */
  get isStalled(): boolean {
    const { wantedBlobs } = this.#folder.debts;
    return wantedBlobs.size > 0 && [...wantedBlobs].every((name) => this.#failed.has(name));
  }

  /** Resolves when nothing runs any more. */
  async stop(): Promise<void> {
    this.#abort.abort();
    this.#retry?.cancel();
    await Promise.all(this.#running);
  }

  #unasked(): BlobName[] {
    const names: BlobName[] = [];
    for (const name of this.#folder.debts.wantedBlobs) {
      if (names.length === ASKED) break;
      if (!this.#single.has(name) && !this.#failed.has(name)) names.push(name);
    }
    return names;
  }

  #ask(names: readonly BlobName[]): void {
    this.#isAsking = true;
    const left = new Set(names);
    this.#run(
      () => this.#fetchMany(left),
      left,
      () => (this.#isAsking = false),
    );
  }

  #fetchAlone(name: BlobName, fetch: () => Promise<void>): void {
    this.#alone.add(name);
    this.#run(fetch, [name], () => this.#alone.delete(name));
  }

  async #fetchLarge(name: BlobName): Promise<void> {
    const { id, contents } = this.#folder;
    if ((await contents.size(name)) === undefined) {
      await contents.blobs.write(this.#remote.get(id, name, 0, this.#abort.signal), name);
      this.#given([name]);
    }
    await this.#fetched([name]);
  }

  /** All that this manifest lists. The content that it stands for may have been missed by its own name. */
  async #fetchContent(root: BlobName, manifest: Manifest): Promise<void> {
    const { id: folder, contents } = this.#folder;
    const { signal } = this.#abort;
    await fetchContent({ folder, contents, remote: this.#remote, signal }, root, manifest);
    await this.#fetched([root, manifest.content.name]);
  }

  /** @param names which failed if `work` fails */
  #run(work: () => Promise<void>, names: Iterable<BlobName>, ended: () => void): void {
    const run = work()
      .catch((error: unknown) => this.#fail([...names], error))
      .finally(() => {
        ended();
        this.#running.delete(run);
        this.look();
        this.#ended();
      });
    this.#running.add(run);
  }

  /** Takes out of `left` what needs no asking any more, or failed. */
  async #fetchMany(left: Set<BlobName>): Promise<void> {
    const { id } = this.#folder;
    const here: BlobName[] = [];
    for (const name of left) if (await this.#isHere(name)) here.push(name);
    for (const name of here) left.delete(name);
    await this.#fetched(here.filter((name) => !this.#single.has(name)));
    if (left.size === 0) return;

    const awaited = new Set(left);
    let held: SmallBlob[] = [];
    let bytes = 0;
    const keep = async (): Promise<void> => {
      const kept = held;
      held = [];
      bytes = 0;
      await this.#keep(kept);
      for (const { name } of kept) left.delete(name);
    };
    for await (const blob of this.#remote.getMany(id, [...left], this.#abort.signal)) {
      if (!awaited.delete(blob.name)) throw unexpected(blob.name);
      if (blob.bytes === undefined) {
        this.#single.set(blob.name, () => this.#fetchLarge(blob.name));
        left.delete(blob.name);
        continue;
      }
      held.push({ ...blob, bytes: blob.bytes });
      bytes += blob.size;
      if (bytes >= HELD_BYTES) await keep();
    }
    await keep();
    if (awaited.size > 0) throw new EvermeshError('BLOB_NOT_FOUND', 'The peer does not have them.');
  }

  /** Of a content in chunks the rest may be missing. */
  async #isHere(name: BlobName): Promise<boolean> {
    const { contents } = this.#folder;
    if ((await contents.size(name)) === undefined) return false;
    const manifest = await contents.manifest(name);
    if (manifest !== undefined && !(await contents.isComplete(name, manifest)))
      this.#single.set(name, () => this.#fetchContent(name, manifest));
    return true;
  }

  /** They share a synced batch. One that is damaged fails alone. */
  async #keep(held: readonly SmallBlob[]): Promise<void> {
    const { blobs } = this.#folder.contents;
    const came: BlobName[] = [];
    const kept: BlobName[] = [];
    const keep = async ({ name, bytes }: SmallBlob): Promise<void> => {
      try {
        await blobs.write(inOnePiece(bytes), name);
        came.push(name);
        const manifest = decodeManifest(bytes);
        if (manifest === undefined) kept.push(name);
        else this.#single.set(name, () => this.#fetchContent(name, manifest));
      } catch (error) {
        this.#fail([name], error);
      }
    };
    await Promise.all(held.map(keep));
    this.#given(came);
    await this.#fetched(kept);
  }

  async #fetched(names: readonly BlobName[]): Promise<void> {
    const { committer, debts } = this.#folder;
    for (const name of names) this.#single.delete(name);
    await committer.commit(names.flatMap((name) => debts.blobFetched(name)));
    if (names.length > 0) this.#delay = FIRST_RETRY;
  }

  #fail(names: readonly BlobName[], error: unknown): void {
    if (this.#abort.signal.aborted || names.length === 0) return;
    for (const name of names) this.#failed.add(name);
    for (const name of names) this.#folder.debts.vain.emit(name);
    this.#logger.warn('blobs do not arrive', {
      folder: this.#folder.id,
      blobs: names.length,
      first: names[0],
      error: String(error),
    });
    this.#retry ??= this.#clock.after(this.#delay, () => {
      this.#retry = undefined;
      this.#delay = Math.min(LAST_RETRY, 2 * this.#delay);
      this.#failed.clear();
      this.look();
    });
  }
}

const unexpected = (name: BlobName): EvermeshError =>
  new EvermeshError('MESSAGE_UNEXPECTED', `The peer gave blob ${name}, which it was not asked for.`);
