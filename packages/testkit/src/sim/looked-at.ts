/** What a mirror has certainly looked at, as far as whoever watches it from outside can tell: all that was changed before some moment. */

/** Milliseconds after a change, or the beginning of a mirror, in which it has looked at what changed, late events included. */
const WITHIN = 5000;

/** Why there are places where a mirror cannot look: its disk fails, or it lost a right. */
export type Blindness = 'disk' | 'rights';

export class LookedAt {
  readonly #now: () => number;
  /** When the mirror that runs began, or could look everywhere again. */
  #since: number | undefined;
  /** What was looked at by then. */
  #earlier = 0;
  readonly #blind = new Set<Blindness>();
  /** Since then there was a reason at every moment. */
  #blindSince = Infinity;

  /** @param now milliseconds since the world began */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** Milliseconds since the world began. */
  get before(): number {
    const since = this.#since;
    const before = this.#now() - WITHIN;
    const looked = since === undefined || before < since ? this.#earlier : before;
    return Math.min(looked, this.#blindSince);
  }

  begins(): void {
    this.#since = this.#now();
  }

  ends(): void {
    this.#earlier = this.before;
    this.#since = undefined;
  }

  blind(why: Blindness): void {
    if (this.#blind.size === 0) this.#blindSince = this.#now();
    this.#blind.add(why);
  }

  /** When nothing is in the way any more it looks at what was changed meanwhile, as if it began. */
  seesAgain(why: Blindness): void {
    if (!this.#blind.delete(why) || this.#blind.size > 0) return;
    this.#earlier = this.before;
    if (this.#since !== undefined) this.begins();
    this.#blindSince = Infinity;
  }
}
