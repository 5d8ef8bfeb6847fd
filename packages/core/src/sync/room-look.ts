/** When a peer that had no room is asked again: nobody says when room was made, and what is offered for nothing costs its bytes. */
import type { Clock, Timer } from '../base/index.ts';

/** Milliseconds until the first time; doubling from there on. */
const FIRST = 60_000;
const LAST = 16 * 60_000;

export class RoomLook {
  readonly #clock: Clock;
  readonly #look: () => void;
  #delay = FIRST;
  #timer: Timer | undefined;
  #isOver = false;

  constructor(clock: Clock, look: () => void) {
    this.#clock = clock;
    this.#look = look;
  }

  /** Looks in a while, if that is not awaited already. `atLeast`: milliseconds before there is room, as the peer says. */
  later(atLeast = 0): void {
    if (this.#timer !== undefined || this.#isOver) return;
    const delay = Math.max(atLeast, this.#delay);
    this.#delay = Math.min(LAST, 2 * this.#delay);
    this.#timer = this.#clock.after(delay, () => {
      this.#timer = undefined;
      this.#look();
    });
  }

  /** All was taken: where there is no room another time, it is looked for as soon as the first time. */
  found(): void {
    this.#delay = FIRST;
  }

  stop(): void {
    this.#isOver = true;
    this.#timer?.cancel();
  }
}
