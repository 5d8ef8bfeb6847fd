/**
 * How fast frames are taken from who has one token, on however many sockets. Nothing is refused and nothing lost: who sends more
 * is not read from until it is due.
 */
import type { Clock } from '@evermesh/core/base';

/** Seconds for which frames may come faster, after some of silence. */
const BURST = 2;

export interface FrameRate {
  /** Counts a frame. Returns for how many milliseconds no more are to be read, usually 0. */
  spend(): number;
  /** Called once, in the end: nothing is kept for tokens that nobody uses. */
  leave(): void;
}

interface Bucket {
  users: number;
  /** What may still come at once; below zero, what came too early. */
  left: number;
  at: number;
}

export class FrameRates {
  readonly #clock: Clock;
  readonly #perSecond: number;
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock, perSecond: number) {
    this.#clock = clock;
    this.#perSecond = perSecond;
  }

  enter(token: string): FrameRate {
    let bucket = this.#buckets.get(token);
    if (bucket === undefined) {
      bucket = { users: 0, left: BURST * this.#perSecond, at: this.#clock.now() };
      this.#buckets.set(token, bucket);
    }
    bucket.users += 1;
    const shared = bucket;
    return {
      spend: () => this.#spend(shared),
      leave: () => {
        shared.users -= 1;
        if (shared.users === 0) this.#buckets.delete(token);
      },
    };
  }

  #spend(bucket: Bucket): number {
    const now = this.#clock.now();
    // A clock that was set back gives nothing.
    const passed = Math.max(0, now - bucket.at) / 1000;
    bucket.at = now;
    bucket.left = Math.min(BURST * this.#perSecond, bucket.left + passed * this.#perSecond) - 1;
    return bucket.left >= 0 ? 0 : Math.ceil((-bucket.left / this.#perSecond) * 1000);
  }
}
