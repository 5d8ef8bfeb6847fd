/**
 * Fetches the blobs that stored records name, in the background: a few at a time, each verified before it counts. What
 * fails is tried again later: the peer may have the record from somebody who had the blob no more.
 */
import type { BlobName, Clock, Logger, Timer } from '../base/index.ts';
import type { RemoteBlobs } from './transport.ts';
import type { SyncedFolder } from './synced-folder.ts';

const PARALLEL = 4;
const FIRST_RETRY = 1000;
const LAST_RETRY = 300_000;

export class BlobFetches {
  readonly #folder: SyncedFolder;
  readonly #remote: RemoteBlobs;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** One of them ended, well or not. */
  readonly #ended: () => void;
  readonly #running = new Map<BlobName, Promise<void>>();
  readonly #failed = new Set<BlobName>();
  readonly #abort = new AbortController();
  #retry: Timer | undefined;
  #delay: number = FIRST_RETRY;

  constructor(options: {
    folder: SyncedFolder;
    remote: RemoteBlobs;
    clock: Clock;
    logger: Logger;
    ended: () => void;
  }) {
    this.#folder = options.folder;
    this.#remote = options.remote;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#ended = options.ended;
  }

  /** Looks what is wanted and begins as much of it as there is room for. */
  look(): void {
    if (this.#abort.signal.aborted) return;
    for (const name of this.#folder.debts.wantedBlobs) {
      if (this.#running.size >= PARALLEL) return;
      if (this.#running.has(name) || this.#failed.has(name)) continue;
      this.#running.set(name, this.#run(name));
    }
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
    await Promise.all(this.#running.values());
  }

  async #run(name: BlobName): Promise<void> {
    try {
      await this.#fetch(name);
    } catch (error) {
      if (!this.#abort.signal.aborted) this.#fail(name, error);
    } finally {
      this.#running.delete(name);
      this.look();
      this.#ended();
    }
  }

  async #fetch(name: BlobName): Promise<void> {
    const { id, blobs, committer, debts } = this.#folder;
    if ((await blobs.size(name)) === undefined) {
      await blobs.write(this.#remote.get(id, name, 0, this.#abort.signal), name);
    }
    await committer.commit(debts.blobFetched(name));
    this.#delay = FIRST_RETRY;
  }

  #fail(name: BlobName, error: unknown): void {
    this.#failed.add(name);
    this.#logger.warn('a blob does not arrive', {
      folder: this.#folder.id,
      blob: name,
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
