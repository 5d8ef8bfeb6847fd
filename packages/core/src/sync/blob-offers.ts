/**
 * Gives the peer what records wait for: the blobs that they name. What is not taken is tried again for as long as that may
 * help, and told meanwhile; what the peer sends goes on being received.
 */
import type { BlobName, Clock } from '../base/index.ts';
import type { EvermeshError } from '../errors/index.ts';
import { uploadBlobs } from './blob-uploads.ts';
import { asError } from './link-errors.ts';
import type { SyncedFolder } from './synced-folder.ts';
import type { RemoteBlobs } from './transport.ts';

/** Milliseconds before what was not taken is offered again: doubling. */
const FIRST_RETRY = 1000;
const LAST_RETRY = 60_000;

export class BlobOffers {
  readonly #folder: SyncedFolder;
  readonly #remote: RemoteBlobs;
  readonly #clock: Clock;
  readonly #changed: () => void;
  readonly #abort = new AbortController();
  #problem: EvermeshError | undefined;

  constructor(options: { folder: SyncedFolder; remote: RemoteBlobs; clock: Clock; changed: () => void }) {
    this.#folder = options.folder;
    this.#remote = options.remote;
    this.#clock = options.clock;
    this.#changed = options.changed;
  }

  /** Why the peer has not got what it was offered last. */
  get problem(): EvermeshError | undefined {
    return this.#problem;
  }

  /** The peer will not have what it was offered: trying again on this connection is of no use. */
  get isRefused(): boolean {
    return this.#problem?.retryable === false;
  }

  /** Whether the peer has them, in the end; not if it will not have them, or the connection ended first. */
  async give(names: ReadonlySet<BlobName>): Promise<boolean> {
    const { signal } = this.#abort;
    for (
      let delay = FIRST_RETRY;
      !signal.aborted && !this.isRefused;
      delay = Math.min(LAST_RETRY, 2 * delay)
    ) {
      const problem = await this.#offer(names);
      if (signal.aborted) return false;
      this.#tell(problem);
      if (problem === undefined) return true;
      if (problem.retryable) await this.#pause(delay);
    }
    return false;
  }

  /** Ends what is under way. */
  stop(): void {
    this.#abort.abort();
  }

  async #offer(names: ReadonlySet<BlobName>): Promise<EvermeshError | undefined> {
    const { id, blobs } = this.#folder;
    const { signal } = this.#abort;
    try {
      await uploadBlobs({ folder: id, blobs, remote: this.#remote, signal }, names);
      return undefined;
    } catch (error) {
      return asError(error);
    }
  }

  #tell(problem: EvermeshError | undefined): void {
    const before = this.#problem;
    this.#problem = problem;
    if (problem !== before) this.#changed();
  }

  /** Resolves after a while, or at the end. */
  #pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      const { signal } = this.#abort;
      const end = (): void => {
        timer.cancel();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = this.#clock.after(milliseconds, end);
      signal.addEventListener('abort', end);
    });
  }
}
