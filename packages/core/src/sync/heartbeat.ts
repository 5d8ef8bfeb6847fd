/**
 * Tells that a peer is gone although the connection looks open: after silence it is asked, after more silence it is
 * dead. A machine that slept sees a long silence at once, and is right to connect anew.
 */
import type { Clock, Timer } from '../base/index.ts';

const ASK_AFTER = 20_000;
const DEAD_AFTER = 45_000;

export class Heartbeat {
  readonly #clock: Clock;
  readonly #ask: () => void;
  readonly #dead: () => void;
  #heard: number;
  #timer: Timer;

  constructor(clock: Clock, events: { ask: () => void; dead: () => void }) {
    this.#clock = clock;
    this.#ask = events.ask;
    this.#dead = events.dead;
    this.#heard = clock.now();
    this.#timer = this.#wait(ASK_AFTER);
  }

  heard(): void {
    this.#heard = this.#clock.now();
  }

  stop(): void {
    this.#timer.cancel();
  }

  #wait(milliseconds: number): Timer {
    return this.#clock.after(milliseconds, () => this.#look());
  }

  #look(): void {
    const silence = this.#clock.now() - this.#heard;
    if (silence >= DEAD_AFTER) return this.#dead();
    if (silence < ASK_AFTER) {
      this.#timer = this.#wait(ASK_AFTER - Math.max(0, silence));
      return;
    }
    this.#ask();
    this.#timer = this.#wait(Math.min(ASK_AFTER, DEAD_AFTER - silence));
  }
}
