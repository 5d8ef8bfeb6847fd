/**
 * Patience diff (Bram Cohen): tokens that occur exactly once on each side and in the same order are taken as unchanged,
 * and the parts between them are compared in the same way. Braces and blank lines, which match anywhere, thus never
 * decide what belongs together. A part without such tokens is compared by Myers.
 */
import { MyersDiff } from './myers.ts';
import { type Range, trimRange } from './range.ts';
import { pass, type Slice, type Sliced } from './slice.ts';

/** Deep enough for any text that people write; made to measure, an input can need one round per line. */
const DEPTH_LIMIT = 24;

/** The ranges that differ, ascending. */
export const patienceRanges = (a: Int32Array, b: Int32Array, slice: Slice): Sliced<Range[]> =>
  new PatienceDiff(a, b, slice).ranges();

class PatienceDiff {
  readonly #a: Int32Array;
  readonly #b: Int32Array;
  readonly #slice: Slice;
  readonly #found: Range[] = [];
  /** Most texts need none. */
  #myers: MyersDiff | undefined;
  /** By token: how often it occurs in the part at hand, and where last. */
  readonly #count: [Int32Array, Int32Array];
  readonly #place: [Int32Array, Int32Array];

  constructor(a: Int32Array, b: Int32Array, slice: Slice) {
    this.#a = a;
    this.#b = b;
    this.#slice = slice;
    const tokens = 1 + Math.max(largest(a), largest(b));
    this.#count = [new Int32Array(tokens), new Int32Array(tokens)];
    this.#place = [new Int32Array(tokens), new Int32Array(tokens)];
  }

  *ranges(): Sliced<Range[]> {
    yield* this.#compare({ aFrom: 0, aTo: this.#a.length, bFrom: 0, bTo: this.#b.length }, 0);
    return this.#found;
  }

  *#compare(whole: Range, depth: number): Sliced<void> {
    const part = trimRange(this.#a, this.#b, whole);
    if (part.aFrom === part.aTo || part.bFrom === part.bTo) {
      if (part.aFrom < part.aTo || part.bFrom < part.bTo) this.#found.push(part);
      return;
    }
    const anchors = depth < DEPTH_LIMIT ? yield* this.#anchorsOf(part) : [];
    if (anchors.length === 0) {
      this.#myers ??= new MyersDiff(this.#a, this.#b, this.#found, this.#slice);
      yield* this.#myers.compare(part);
      return;
    }
    let { aFrom, bFrom } = part;
    for (const [aTo, bTo] of anchors) {
      yield* this.#compare({ aFrom, aTo, bFrom, bTo }, depth + 1);
      [aFrom, bFrom] = [aTo + 1, bTo + 1];
    }
    yield* this.#compare({ aFrom, aTo: part.aTo, bFrom, bTo: part.bTo }, depth + 1);
  }

  *#anchorsOf(part: Range): Sliced<Pair[]> {
    // Looking at a small one costs more than what is in it.
    if (this.#slice.endsAfter(4)) yield;
    return yield* longestAscending(yield* this.#uniquePairs(part), this.#slice);
  }

  /** Places of the tokens that occur once on each side, in the order of the first side. */
  *#uniquePairs({ aFrom, aTo, bFrom, bTo }: Range): Sliced<Pair[]> {
    const [aCount, bCount] = this.#count;
    const [aPlace, bPlace] = this.#place;
    const [a, b, slice] = [this.#a, this.#b, this.#slice];
    const [ofA, ofB] = [
      { from: aFrom, to: aTo },
      { from: bFrom, to: bTo },
    ];
    yield* pass(ofA, slice, (from, to) => tally(a, from, to, aCount, aPlace));
    yield* pass(ofB, slice, (from, to) => tally(b, from, to, bCount, bPlace));
    const pairs: Pair[] = [];
    yield* pass(ofA, slice, (from, to) => {
      for (let i = from; i < to; i++) {
        const token = a[i] as number;
        if (aCount[token] === 1 && bCount[token] === 1) pairs.push([i, bPlace[token] as number]);
      }
    });
    yield* pass(ofA, slice, (from, to) => forget(a, from, to, aCount));
    yield* pass(ofB, slice, (from, to) => forget(b, from, to, bCount));
    return pairs;
  }
}

type Pair = readonly [a: number, b: number];

function tally(tokens: Int32Array, from: number, to: number, count: Int32Array, place: Int32Array): void {
  for (let i = from; i < to; i++) {
    const token = tokens[i] as number;
    (count[token] as number)++;
    place[token] = i;
  }
}

function forget(tokens: Int32Array, from: number, to: number, count: Int32Array): void {
  for (let i = from; i < to; i++) count[tokens[i] as number] = 0;
}

/** A longest choice of the pairs that ascends on the second side too (patience sorting). */
function* longestAscending(pairs: readonly Pair[], slice: Slice): Sliced<Pair[]> {
  /** Per length: the pair that ends a choice of this length with the smallest second place. */
  const ends: number[] = [];
  const previous = new Int32Array(pairs.length);
  for (const [i, [, b]] of pairs.entries()) {
    if (slice.endsAfter(1)) yield;
    let low = 0;
    let high = ends.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((pairs[ends[middle] as number] as Pair)[1] < b) low = middle + 1;
      else high = middle;
    }
    previous[i] = ends[low - 1] ?? -1;
    ends[low] = i;
  }
  const chosen: Pair[] = [];
  for (let i = ends.at(-1) ?? -1; i >= 0; i = previous[i] as number) chosen.push(pairs[i] as Pair);
  return chosen.toReversed();
}

function largest(tokens: Int32Array): number {
  let max = -1;
  for (const token of tokens) if (token > max) max = token;
  return max;
}
