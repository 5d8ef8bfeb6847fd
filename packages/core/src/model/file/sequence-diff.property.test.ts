/**
 * Laws of the comparison of sequences.
 *
 * - What is equal at both ends is left out of it, and the answer is the same.
 * - The work is bounded by the length, whatever the sequences are: tokens looked at are counted.
 */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { differingRanges, sequenceRanges } from './sequence-diff.ts';
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
      const all = sequenceRanges(Int32Array.from(tokens.of(left)), Int32Array.from(tokens.of(right)));
      expect(differingRanges(left, right)).toEqual(all);
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
    sequenceRanges(counted(a, count), counted(b, count));
    expect(count.looks).toBeGreaterThan(0);
    expect(count.looks).toBeLessThan(MOST);
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
