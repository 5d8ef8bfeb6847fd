/**
 * Gives the peer blobs: those that records name, for which the records wait, and those that the peer asks for. One that is not
 * here is given when it came from elsewhere. What is not taken is tried again for as long as that may help, and told meanwhile;
 * what the peer sends goes on being received.
 */
import type { BlobName, Clock, Logger } from '../base/index.ts';
import type { EvermeshError } from '../errors/index.ts';
import { uploadBlobs } from './blob-uploads.ts';
import { asError } from './link-errors.ts';
import type { SyncedFolder } from './synced-folder.ts';
import type { RemoteBlobs } from './transport.ts';

/** What became of blobs that records wait for; `full`: the peer has no room for them. */
type Given = 'given' | 'full' | 'refused';

/** Milliseconds before what was not taken is offered again: doubling. */
const FIRST_RETRY = 1000;
const LAST_RETRY = 60_000;
/** Blobs that the peer asks for and that are given, or looked for here, together. */
const ANSWERED = 256;
/**
 * Blobs that the peer asked for and that wait for their turn, or that it lacks and that are not here. It asks for what is beyond
 * when the folder is opened again.
 */
const ASKED = 65_536;

export class BlobOffers {
  readonly #folder: SyncedFolder;
  readonly #remote: RemoteBlobs;
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #changed: () => void;
  readonly #abort = new AbortController();
  /** What records wait for, and what the peer asked for, is not taken at present, and why. */
  #untaken: EvermeshError | undefined;
  #unanswered: EvermeshError | undefined;
  readonly #asked = new Set<BlobName>();
  /** The peer lacks these, and they were not here either when they were looked for, or damaged. */
  readonly #absent = new Set<BlobName>();
  /** Of what is asked for, what came while it was looked for. */
  readonly #arrived = new Set<BlobName>();
  #answering: Promise<void> | undefined;

  constructor(options: {
    folder: SyncedFolder;
    remote: RemoteBlobs;
    clock: Clock;
    logger: Logger;
    changed: () => void;
  }) {
    this.#folder = options.folder;
    this.#remote = options.remote;
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#changed = options.changed;
  }

  /** Why the peer has not got what it was offered; want of room is told of what waits for it. */
  get problem(): EvermeshError | undefined {
    return [this.#untaken, this.#unanswered].find((problem) => problem && problem.code !== 'QUOTA_EXCEEDED');
  }

  /** The peer will not have what records wait for: trying again on this connection is of no use. */
  get isRefused(): boolean {
    return this.#untaken?.retryable === false;
  }

  /** Nothing that the peer asked for is looked for or given. */
  get isIdle(): boolean {
    return this.#answering === undefined;
  }

  /** Whether the peer has them, in the end; not if it will not have them, or the connection ended first. */
  async give(names: ReadonlySet<BlobName>): Promise<Given> {
    if (this.isRefused) return 'refused';
    const isGiven = await this.#insist(names, (problem) => (this.#untaken = problem));
    if (this.#untaken?.code !== 'QUOTA_EXCEEDED') return isGiven ? 'given' : 'refused';
    // Others may have room.
    this.#untaken = undefined;
    return 'full';
  }

  /** A blob is here now. */
  fetched(name: BlobName): void {
    if (!this.#absent.delete(name)) return;
    if (this.#asked.has(name)) this.#arrived.add(name);
    else this.ask([name]);
  }

  /** The peer has these: it gave them. */
  had(names: Iterable<BlobName>): void {
    for (const name of names) this.#absent.delete(name);
  }

  /** The peer lacks these. What is not here either is given when it is, if nobody else gave it. */
  ask(names: Iterable<BlobName>): void {
    for (const name of names) if (this.#asked.size < ASKED) this.#asked.add(name);
    if (this.#asked.size > 0 && !this.#abort.signal.aborted) this.#answering ??= this.#answer();
  }

  /** Ends what is under way. Resolves when it has. */
  async stop(): Promise<void> {
    this.#abort.abort();
    await this.#answering;
  }

  async #answer(): Promise<void> {
    while (this.#asked.size > 0 && !this.#abort.signal.aborted) {
      const names = [...this.#asked].slice(0, ANSWERED);
      const left = await this.#giveAsked(names);
      if (left > 0) this.#logGivenUp(left);
      this.#unanswered = undefined;
      for (const name of names) this.#asked.delete(name);
      for (const name of names) if (this.#arrived.delete(name)) this.#asked.add(name);
    }
    // At once: whoever asks from here on begins anew.
    this.#answering = undefined;
    this.#changed();
  }

  /** One for which there is no room keeps back no other. Returns how many are not taken. */
  async #giveAsked(names: readonly BlobName[]): Promise<number> {
    if (await this.#insist(new Set(names), (problem) => (this.#unanswered = problem))) return 0;
    const isFull = !this.#abort.signal.aborted && this.#unanswered?.code === 'QUOTA_EXCEEDED';
    if (!isFull || names.length === 1) return names.length;
    const half = names.length >>> 1;
    return (await this.#giveAsked(names.slice(0, half))) + (await this.#giveAsked(names.slice(half)));
  }

  async #insist(
    names: ReadonlySet<BlobName>,
    tell: (problem: EvermeshError | undefined) => void,
  ): Promise<boolean> {
    const { signal } = this.#abort;
    for (let delay = FIRST_RETRY; !signal.aborted; delay = Math.min(LAST_RETRY, 2 * delay)) {
      const problem = await this.#offer(names);
      if (signal.aborted) return false;
      const before = this.problem;
      tell(problem);
      if (this.problem !== before) this.#changed();
      if (problem === undefined) return true;
      if (!problem.retryable) return false;
      await this.#pause(delay);
    }
    return false;
  }

  async #offer(names: ReadonlySet<BlobName>): Promise<EvermeshError | undefined> {
    const { id, contents, committer, debts } = this.#folder;
    const { signal } = this.#abort;
    const lost: BlobName[] = [];
    for (const name of names) if (debts.lacks(name) && this.#absent.size < ASKED) this.#absent.add(name);
    const upload = {
      folder: id,
      contents,
      remote: this.#remote,
      signal,
      damaged: (name: BlobName) => lost.push(name),
    };
    try {
      await uploadBlobs(upload, names);
      // Somebody else may have them: given then.
      for (const name of lost) if (this.#absent.size < ASKED) this.#absent.add(name);
      if (lost.length > 0) await committer.commit(lost.flatMap((name) => debts.miss(name)));
      return undefined;
    } catch (error) {
      return asError(error);
    }
  }

  #logGivenUp(blobs: number): void {
    if (this.#abort.signal.aborted) return;
    this.#logger.warn('the peer asks for blobs, and does not take them', {
      folder: this.#folder.id,
      blobs,
      error: this.#unanswered?.message,
    });
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
