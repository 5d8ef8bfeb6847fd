/**
 * Rows that go with the next batch of the store, whatever it is of, and alone only where there is none for a while. Between changes that
 * follow each other a batch is saved each time, and that is a sync of the disk.
 */
import type { Clock, Timer } from '../base/index.ts';
import type { Committer, StoreOperation } from '../log/index.ts';

/** Milliseconds after which they are written at the latest. */
const WITHIN = 10_000;

export class LateRows {
  readonly #clock: Clock;
  readonly #committer: Committer;
  readonly #track: (writing: Promise<void>) => void;
  #timer: Timer | undefined;

  /** `track` is handed what is being written, and hears why it could not be. */
  constructor(clock: Clock, committer: Committer, track: (writing: Promise<void>) => void) {
    this.#clock = clock;
    this.#committer = committer;
    this.#track = track;
  }

  give(rows: readonly StoreOperation[]): void {
    if (rows.length === 0) return;
    this.#committer.commitLater(rows);
    this.#timer ??= this.#clock.after(WITHIN, () => this.write());
  }

  /** Waits for no other batch any more. */
  write(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#track(this.#committer.idle());
  }
}
