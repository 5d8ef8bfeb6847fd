/** How long to wait before the next attempt: doubling, with jitter so that many devices do not return at once. */
import type { Random } from '../base/index.ts';

const FIRST = 250;
const LONGEST = 15_000;

export class BackOff {
  readonly #random: Random;
  #attempts = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Milliseconds before the next attempt: about 250 at first, at most 15 000. */
  next(): number {
    const longest = Math.min(LONGEST, FIRST * 2 ** this.#attempts);
    this.#attempts += 1;
    const [jitter = 0] = this.#random.bytes(1);
    return Math.round(longest * (0.75 + jitter / 1024));
  }

  reset(): void {
    this.#attempts = 0;
  }
}
