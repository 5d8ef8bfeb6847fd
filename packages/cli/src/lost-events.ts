/** Says that the system told of fewer changes than there were. While very much changes that happens again and again. */
import type { Clock } from '@evermesh/core';
import type { CliEvent } from './events.ts';

/** Milliseconds between two words about it. */
const BETWEEN = 60_000;

export class LostEvents {
  readonly #clock: Clock;
  readonly #tell: (event: CliEvent) => void;
  #told = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, tell: (event: CliEvent) => void) {
    this.#clock = clock;
    this.#tell = tell;
  }

  happened(): void {
    const now = this.#clock.now();
    // A clock that was set back silences nothing.
    if (now >= this.#told && now - this.#told < BETWEEN) return;
    this.#told = now;
    this.#tell({
      event: 'notice',
      message: 'So much changed at once that the system may not have told all of it.',
      next: 'Nothing needs to be done: the whole directory is looked at.',
    });
  }
}
