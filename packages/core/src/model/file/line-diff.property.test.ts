/**
 * Laws of what is shown of two texts:
 *
 * - Whoever replaces in the text before what a hunk says of it by what it says of the text behind has the text behind.
 * - Every hunk differs, has at most three equal lines at each end, and none touches the next.
 *
 * PROP_RUNS sets the number of runs, PROP_SEED replays one.
 */
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { type DiffHunk, lineDiffInSlices } from './line-diff.ts';
import { atOnce } from './slice.ts';

const RUNS = Number(process.env['PROP_RUNS'] ?? 500);
const SEED = process.env['PROP_SEED'];
const PARAMETERS = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };

const counted = { several: 0, unended: 0, empty: 0 };
const line = fc.constantFrom('a\n', 'b\n', 'c\r\n', 'd\re\n', '\n');
const text = fc
  .tuple(fc.array(line, { maxLength: 30 }), fc.constantFrom('', '', 'end'))
  .map(([lines, end]) => lines.join('') + end);
const edits = fc.array(fc.tuple(fc.nat(40), line), { maxLength: 4 });
/** Anything, or little of a text changed. */
const pair = fc.oneof(
  fc.tuple(text, text),
  fc.tuple(fc.array(line, { minLength: 20, maxLength: 40 }), edits).map(([all, changes]) => {
    const before = all.join('');
    const lines = before.split(/(?<=\n)/);
    for (const [at, other] of changes) lines.splice(at % (lines.length + 1), at % 2, other);
    return [before, lines.join('')] as [string, string];
  }),
);

const sideOf = ({ lines }: DiffHunk, kind: 'removed' | 'added'): string[] =>
  lines.filter((each) => each.kind === 'same' || each.kind === kind).map((each) => each.text);

function applied(before: string, hunks: readonly DiffHunk[]): string {
  const lines = before === '' ? [] : before.split(/(?<=\n)/);
  let moved = 0;
  for (const hunk of hunks) {
    const at = hunk.fromLine - (hunk.fromCount === 0 ? 0 : 1) + moved;
    const removed = sideOf(hunk, 'removed');
    const added = sideOf(hunk, 'added');
    expect(lines.slice(at, at + hunk.fromCount)).toEqual(removed);
    expect(hunk).toMatchObject({ fromCount: removed.length, toCount: added.length });
    expect(hunk.toLine - (hunk.toCount === 0 ? 0 : 1)).toBe(at);
    lines.splice(at, hunk.fromCount, ...added);
    moved += hunk.toCount - hunk.fromCount;
  }
  return lines.join('');
}

test('hunks lead from the text before to the text behind, and show no more than three equal lines around', () => {
  fc.assert(
    fc.property(pair, ([before, behind]) => {
      const hunks = atOnce(lineDiffInSlices(before, behind));
      expect(applied(before, hunks)).toBe(behind);
      let end = -1;
      for (const { fromLine, fromCount, lines } of hunks) {
        const differs = lines.map(({ kind }) => kind !== 'same');
        expect(differs).toContain(true);
        expect(differs.indexOf(true)).toBeLessThanOrEqual(3);
        expect(differs.toReversed().indexOf(true)).toBeLessThanOrEqual(3);
        expect(fromLine).toBeGreaterThan(end);
        end = fromLine + fromCount - 1;
      }
      if (hunks.length > 1) counted.several += 1;
      if (before.endsWith('end') !== behind.endsWith('end')) counted.unended += 1;
      if ((before === '') !== (behind === '')) counted.empty += 1;
    }),
    PARAMETERS,
  );
});

afterAll(() => {
  if (SEED !== undefined) return;
  // Not vacuous.
  for (const [what, count] of Object.entries(counted)) expect(count, what).toBeGreaterThan(3);
});
