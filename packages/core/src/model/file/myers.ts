/**
 * Myers' difference in linear space: the middle of a shortest path is searched from both ends at once, and the parts
 * before and behind it are compared in the same way.
 *
 * The search is quadratic in the number of differences. So one search gives up after `COST_LIMIT` differences and
 * splits where it got furthest, and all searches together have a fixed amount of work; a part that is left when it is
 * used up counts as replaced. Both make hunks larger, never wrong.
 */
import { type Range, trimRange } from './range.ts';
import type { Slice, Sliced } from './slice.ts';

const COST_LIMIT = 256;
const WORK_LIMIT = 8_000_000;

export class MyersDiff {
  readonly #a: Int32Array;
  readonly #b: Int32Array;
  readonly #found: Range[];
  readonly #slice: Slice;
  /** Where diagonal 0 stands in both: there is room for those on either side that a search can come to, and one more. */
  readonly #centre: number;
  readonly #forward: Int32Array;
  readonly #backward: Int32Array;
  #work = WORK_LIMIT;

  /** @param found where the ranges that differ are put, ascending */
  constructor(a: Int32Array, b: Int32Array, found: Range[], slice: Slice) {
    this.#a = a;
    this.#slice = slice;
    this.#b = b;
    this.#found = found;
    this.#centre = costLimit(a.length, b.length) + 1;
    this.#forward = new Int32Array(2 * this.#centre + 1);
    this.#backward = new Int32Array(2 * this.#centre + 1);
  }

  *compare(whole: Range): Sliced<void> {
    let part = trimRange(this.#a, this.#b, whole);
    for (;;) {
      const isOneSided = part.aFrom === part.aTo || part.bFrom === part.bTo;
      const before = this.#work;
      const middle = isOneSided || this.#work <= 0 ? undefined : this.#middleOf(part);
      if (this.#slice.endsAfter(1 + ((before - this.#work) >> 4))) yield;
      if (middle === undefined) {
        this.#report(part);
        return;
      }
      // The part before is small or halved, the one behind may take many rounds: so that one is not a nested call.
      yield* this.compare({ aFrom: part.aFrom, aTo: middle.aFrom, bFrom: part.bFrom, bTo: middle.bFrom });
      part = trimRange(this.#a, this.#b, {
        aFrom: middle.aTo,
        aTo: part.aTo,
        bFrom: middle.bTo,
        bTo: part.bTo,
      });
    }
  }

  /** Ranges that touch are one: a split can lie between a deletion and the insertion in its place. */
  #report(part: Range): void {
    if (part.aFrom === part.aTo && part.bFrom === part.bTo) return;
    const last = this.#found.at(-1);
    if (last !== undefined && last.aTo === part.aFrom && last.bTo === part.bFrom) {
      this.#found.pop();
      this.#found.push({ aFrom: last.aFrom, aTo: part.aTo, bFrom: last.bFrom, bTo: part.bTo });
    } else {
      this.#found.push(part);
    }
  }

  /** Equal tokens in the middle of a shortest path (possibly none, then only the place counts). */
  #middleOf(part: Range): Range | undefined {
    const n = part.aTo - part.aFrom;
    const m = part.bTo - part.bFrom;
    const limit = costLimit(n, m);
    this.#forward[this.#centre + 1] = 0;
    this.#backward[this.#centre + 1] = 0;
    for (let cost = 0; cost <= limit; cost++) {
      const middle = this.#forwardStep(part, n, m, cost) ?? this.#backwardStep(part, n, m, cost);
      if (middle !== undefined) return isProper(middle, part) ? middle : undefined;
    }
    return this.#furthest(part, n, m, limit);
  }

  /** One more difference from the beginning. `x` and `y` count from the part's beginning, a diagonal is `x - y`. */
  #forwardStep(part: Range, n: number, m: number, cost: number): Range | undefined {
    const [a, b, far, other, centre] = [this.#a, this.#b, this.#forward, this.#backward, this.#centre];
    const delta = n - m;
    const mayMeet = (delta & 1) !== 0;
    for (let k = lowest(cost, m); k <= highest(cost, n); k += 2) {
      const startX = nextX(far, centre, k, cost);
      let x = startX;
      let y = x - k;
      while (x < n && y < m && a[part.aFrom + x] === b[part.bFrom + y]) {
        x++;
        y++;
      }
      far[centre + k] = x;
      this.#work -= 1 + x - startX;
      const mirrored = delta - k;
      if (mayMeet && Math.abs(mirrored) < cost && x + (other[centre + mirrored] as number) >= n) {
        return rangeAt(part, startX, startX - k, x - startX);
      }
    }
    return undefined;
  }

  /** The same from the end: `x` and `y` count backwards from the part's end. */
  #backwardStep(part: Range, n: number, m: number, cost: number): Range | undefined {
    const [a, b, far, other, centre] = [this.#a, this.#b, this.#backward, this.#forward, this.#centre];
    const delta = n - m;
    const mayMeet = (delta & 1) === 0;
    for (let k = lowest(cost, m); k <= highest(cost, n); k += 2) {
      const startX = nextX(far, centre, k, cost);
      let x = startX;
      let y = x - k;
      while (x < n && y < m && a[part.aTo - 1 - x] === b[part.bTo - 1 - y]) {
        x++;
        y++;
      }
      far[centre + k] = x;
      this.#work -= 1 + x - startX;
      const mirrored = delta - k;
      if (mayMeet && Math.abs(mirrored) <= cost && x + (other[centre + mirrored] as number) >= n) {
        return rangeAt(part, n - x, m - y, x - startX);
      }
    }
    return undefined;
  }

  /** Where the search from the beginning got furthest: a place on a good path, if not on a shortest. */
  #furthest(part: Range, n: number, m: number, cost: number): Range | undefined {
    let best = { x: 0, y: 0 };
    for (let k = lowest(cost, m); k <= highest(cost, n); k += 2) {
      const x = this.#forward[this.#centre + k] as number;
      const y = x - k;
      if (x <= n && y <= m && x + y > best.x + best.y) best = { x, y };
    }
    const place = rangeAt(part, best.x, best.y, 0);
    return isProper(place, part) ? place : undefined;
  }
}

/** How many differences a search goes through at most: from both ends, half of them lead to any middle. */
const costLimit = (n: number, m: number): number => Math.min((n + m + 1) >> 1, COST_LIMIT);

/** Diagonals beyond the part's edges are left out. */
const lowest = (cost: number, m: number): number => -(cost - 2 * Math.max(0, cost - m));
const highest = (cost: number, n: number): number => cost - 2 * Math.max(0, cost - n);

function nextX(far: Int32Array, centre: number, k: number, cost: number): number {
  const above = far[centre + k + 1] as number;
  const below = far[centre + k - 1] as number;
  return k === -cost || (k !== cost && below < above) ? above : below + 1;
}

const rangeAt = ({ aFrom, bFrom }: Range, x: number, y: number, length: number): Range => ({
  aFrom: aFrom + x,
  aTo: aFrom + x + length,
  bFrom: bFrom + y,
  bTo: bFrom + y + length,
});

/** Both remaining parts are smaller than the whole, so comparing ends. */
const isProper = (middle: Range, part: Range): boolean =>
  (middle.aTo > part.aFrom || middle.bTo > part.bFrom) &&
  (middle.aFrom < part.aTo || middle.bFrom < part.bTo);
