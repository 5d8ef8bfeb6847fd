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
  /** Called once, in the end. */
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

  /** Of how many tokens something is kept: those in use, and those that spent more than they would begin with. */
  get tokens(): number {
    this.#forget();
    return this.#buckets.size;
  }

  enter(token: string): FrameRate {
    this.#forget();
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
      },
    };
  }

  /** Whoever comes again has no more than if he had stayed. */
  #forget(): void {
    for (const [token, bucket] of this.#buckets)
      if (bucket.users === 0 && this.#refill(bucket) === BURST * this.#perSecond) this.#buckets.delete(token);
  }

  #spend(bucket: Bucket): number {
    bucket.left = this.#refill(bucket) - 1;
    return bucket.left >= 0 ? 0 : Math.ceil((-bucket.left / this.#perSecond) * 1000);
  }

  /** Returns what may come at once now. */
  #refill(bucket: Bucket): number {
    const now = this.#clock.now();
    // A clock that was set back gives nothing.
    const passed = Math.max(0, now - bucket.at) / 1000;
    bucket.at = now;
    bucket.left = Math.min(BURST * this.#perSecond, bucket.left + passed * this.#perSecond);
    return bucket.left;
  }
}
