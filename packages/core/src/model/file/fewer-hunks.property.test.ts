/**
 * Laws of fewer hunks:
 *
 * - They make the same of the base, ascend, and none touches the next.
 * - There are as many as are allowed, if there were more.
 * - No gap that was joined is larger than one that stayed.
 *
 * PROP_RUNS sets the number of runs, PROP_SEED replays one.
 */
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { fewerHunks } from './fewer-hunks.ts';
import type { Hunk } from './hunk.ts';

const RUNS = Number(process.env['PROP_RUNS'] ?? 500);
const SEED = process.env['PROP_SEED'];
const PARAMETERS = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };
const counted = { joined: 0, left: 0 };

const parts = fc.array(
  fc.record({
    gap: fc.integer({ min: 1, max: 4 }),
    remove: fc.nat(3),
    insert: fc.stringMatching(/^[A-Z]{0,3}$/),
  }),
  { maxLength: 12 },
);

function applied(base: string, hunks: readonly Hunk[]): string {
  let made = '';
  let at = 0;
  for (const { offset, remove, insert } of hunks) {
    made += base.slice(at, offset) + insert;
    at = offset + remove;
  }
  return made + base.slice(at);
}

const gapsOf = (hunks: readonly Hunk[]): [from: number, to: number][] =>
  hunks.slice(1).map(({ offset }, i) => [(hunks[i] as Hunk).offset + (hunks[i] as Hunk).remove, offset]);

test('hunks that are joined do what they did, and the largest gaps between them stay', () => {
  fc.assert(
    fc.property(parts, fc.integer({ min: 1, max: 8 }), (all, most) => {
      let at = 0;
      const hunks = all.map(({ gap, remove, insert }): Hunk => {
        const offset = at + gap;
        at = offset + remove;
        return { offset, remove, insert };
      });
      const base = Array.from({ length: at + 2 }, (_, i) => String.fromCodePoint(97 + (i % 26))).join('');
      const fewer = fewerHunks(base, hunks, most);
      expect(applied(base, fewer)).toBe(applied(base, hunks));
      expect(fewer).toHaveLength(Math.min(hunks.length, most));
      const stayed = gapsOf(fewer).map(([from, to]) => to - from);
      const kept = new Set(gapsOf(fewer).map(String));
      const joined = gapsOf(hunks).filter((gap) => !kept.has(String(gap)));
      for (const [from, to] of joined) for (const gap of stayed) expect(to - from).toBeLessThanOrEqual(gap);
      if (hunks.length > most) counted.joined += 1;
      else counted.left += 1;
    }),
    PARAMETERS,
  );
});

test('of equal gaps those that stay are spread over the text', () => {
  const hunks = Array.from({ length: 1000 }, (_, i): Hunk => ({ offset: 2 * i, remove: 1, insert: '-' }));
  const fewer = fewerHunks('x'.repeat(2000), hunks, 10);
  expect(fewer).toHaveLength(10);
  for (const { remove } of fewer) expect(Math.abs(remove - 199)).toBeLessThanOrEqual(4);
});

afterAll(() => {
  if (SEED !== undefined) return;
  // Not vacuous.
  for (const [what, count] of Object.entries(counted)) expect(count, what).toBeGreaterThan(20);
});
