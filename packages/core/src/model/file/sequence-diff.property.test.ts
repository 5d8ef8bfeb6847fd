/**
 * Laws of the comparison of sequences.
 *
 * - What is equal at both ends is left out of it, and the answer is the same.
 * - The work is bounded by the length, whatever the sequences are: tokens looked at are counted.
 */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { differingRanges, sequenceRanges } from './sequence-diff.ts';
import { atOnce, Slice } from './slice.ts';
import { Tokens } from './tokens.ts';

const RUNS = 10 * Number(process.env['PROP_RUNS'] ?? 200);
const SEED = process.env['PROP_SEED'];

test('pieces that are equal at both ends are left out, and the ranges are the same', () => {
  const pieces = fc.array(fc.constantFrom('a', 'b', 'c', ''), { maxLength: 12 });
  let slid = 0;
  fc.assert(
    fc.property(pieces, pieces, pieces, pieces, (before, a, b, behind) => {
      const [left, right] = [
        [...before, ...a, ...behind],
        [...before, ...b, ...behind],
      ];
      const tokens = new Tokens();
      const slice = new Slice();
      const [a1, b1] = [left, right].map((each) => Int32Array.from(atOnce(tokens.of(each, slice))));
      const all = atOnce(sequenceRanges(a1 as Int32Array, b1 as Int32Array, slice));
      expect(atOnce(differingRanges(left, right, slice))).toEqual(all);
      if ((all.at(-1)?.aTo ?? 0) > before.length + a.length) slid++;
    }),
    { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) },
  );
  if (RUNS >= 1000) expect(slid).toBeGreaterThan(0);
});

describe('tokens that are looked at', () => {
  const LENGTH = 4000;
  /** Above what the limits of patience and Myers allow. Without those of Myers it is three times as much, and more. */
  const MOST = 5_000_000;
  const sequence = (token: (at: number) => number): Int32Array =>
    Int32Array.from({ length: LENGTH }, (_, at) => token(at));
  test.each<[string, Int32Array, Int32Array]>([
    ['all of them other ones', sequence((at) => at), sequence((at) => LENGTH + at)],
    [
      'pairs that shift by one',
      sequence((at) => (at % 2 ? at + 3 : at)),
      sequence((at) => (at % 2 ? at : at + 2)),
    ],
  ])('are bounded: %s', (_, a, b) => {
    const count = { looks: 0 };
    atOnce(sequenceRanges(counted(a, count), counted(b, count), new Slice()));
    expect(count.looks).toBeGreaterThan(0);
    expect(count.looks).toBeLessThan(MOST);
  });
});

describe('tokens that are looked at in one slice', () => {
  /** What is equal at both ends is trimmed in one go, and a range slides in one: neither is counted, and here there is little of it. */
  const MOST = 700_000;
  const LENGTH = 200_000;
  const sequence = (token: (at: number) => number): Int32Array =>
    Int32Array.from({ length: LENGTH }, (_, at) => token(at));
  test.each<[string, Int32Array, Int32Array]>([
    ['every second another one', sequence((at) => at), sequence((at) => (at % 2 ? LENGTH + at : at))],
    ['another order', sequence((at) => at), sequence((at) => (at * 7919) % LENGTH)],
  ])('are bounded, however long a sequence is: %s', (_, a, b) => {
    const count = { looks: 0 };
    const steps = sequenceRanges(counted(a, count), counted(b, count), new Slice());
    let [slices, most, all] = [0, 0, 0];
    for (let step = steps.next(); ; step = steps.next()) {
      slices += 1;
      most = Math.max(most, count.looks);
      all += count.looks;
      count.looks = 0;
      if (step.done === true) break;
    }
    expect(all).toBeGreaterThan(2 * LENGTH);
    expect(slices).toBeGreaterThan(4);
    expect(most).toBeLessThan(MOST);
  });
});

/** The same array, of which each look at a token is counted. */
function counted(tokens: Int32Array, count: { looks: number }): Int32Array {
  return new Proxy(tokens, {
    get(target, key) {
      if (typeof key === 'string' && key !== 'length') count.looks++;
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
}
