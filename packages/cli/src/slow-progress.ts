/** Progress is told of what takes longer than a second, and a few times a second: more would only scroll by. */
import type { Clock } from '@evermesh/core';
import type { CliEvent } from './events.ts';

export type ProgressEvent = Extract<CliEvent, { event: 'progress' }>;

/** Milliseconds after which something takes long, and between two words about it. */
const LONG = 1000;
const BETWEEN = 250;
/** A pause of this many milliseconds ends what was going on: what follows is something new, and not long yet. */
const PAUSE = 2000;

export class SlowProgress {
  readonly #clock: Clock;
  readonly #tell: (event: ProgressEvent) => void;
  #since = 0;
  #last = Number.NEGATIVE_INFINITY;
  #told = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, tell: (event: ProgressEvent) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  at(event: ProgressEvent): void {
    const now = this.#clock.now();
    // A clock that was set back begins anew, too.
    if (now - this.#last > PAUSE || now < this.#last) this.#since = now;
    this.#last = now;
    const isDue = now - this.#told >= BETWEEN || now < this.#told || event.done === event.total;
    if (now - this.#since < LONG || !isDue) return;
    this.#told = now;
    this.#tell(event);
  }

  /** What was going on is over. */
  end(): void {
    this.#last = Number.NEGATIVE_INFINITY;
  }
}
