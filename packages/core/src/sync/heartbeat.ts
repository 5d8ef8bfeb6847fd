/**
 * Tells that a peer is gone although the connection looks open: after silence it is asked, after more silence it is
 * dead. A machine that slept sees a long silence at once, and is right to connect anew.
 *
 * Frames are heard when they are whole, and a browser tells nothing of one that is arriving: a long one on a slow line
 * is a silence that proves nothing. What leaves is seen, where the platform says how much is left.
 */
import type { Clock, Timer } from '../base/index.ts';

const ASK_AFTER = 20_000;
/** A frame of 4 MiB arrives within it at 40 KB/s. */
const DEAD_AFTER = 120_000;

export interface HeartbeatEvents {
  readonly ask: () => void;
  readonly dead: () => void;
  /** Bytes that wait to leave. */
  readonly buffered: () => number;
}

export class Heartbeat {
  readonly #clock: Clock;
  readonly #events: HeartbeatEvents;
  #heard: number;
  /** Bytes that waited to leave when that was last looked at. */
  #buffered = 0;
  #timer: Timer;

  constructor(clock: Clock, events: HeartbeatEvents) {
    this.#clock = clock;
    this.#events = events;
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
    const buffered = this.#events.buffered();
    if (buffered < this.#buffered) this.heard();
    this.#buffered = buffered;
    const now = this.#clock.now();
    // A clock that was set back must not make a silent peer pass for a living one until it has caught up.
    if (now < this.#heard) this.#heard = now;
    const silence = now - this.#heard;
    if (silence >= DEAD_AFTER) return this.#events.dead();
    if (silence < ASK_AFTER) {
      this.#timer = this.#wait(ASK_AFTER - silence);
      return;
    }
    this.#events.ask();
    this.#timer = this.#wait(Math.min(ASK_AFTER, DEAD_AFTER - silence));
  }
}
