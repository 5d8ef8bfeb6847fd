/**
 * Laws: what is matched here, name by name, says what the library says that the other lines are matched with.
 *
 * PROP_RUNS sets the number of runs, PROP_SEED replays one.
 */
import * as fc from 'fast-check';
import ignore from 'ignore';
import { expect, test } from 'vitest';
import { IgnoreLines } from './ignore-lines.ts';

const RUNS = 10 * Number(process.env['PROP_RUNS'] ?? 40);
const SEED = process.env['PROP_SEED'];
const PARAMETERS = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };

const part = fc.constantFrom('a', 'b', 'a*', '?', '[ab]', '**', '**', '*');
const line = fc
  .tuple(
    fc.constantFrom('', '/', '!'),
    fc.array(part, { minLength: 1, maxLength: 6 }),
    fc.constantFrom('', '/', ' '),
  )
  .map(([start, parts, end]) => start + parts.join('/') + end)
  // Taken back in many ways: refused before it comes here.
  .filter((text) => !text.startsWith('!') || !/\*\*.*\*\*/.test(text));
const name = fc.constantFrom('a', 'b', 'ab', 'c');
const path = fc.array(name, { minLength: 1, maxLength: 6 });

test('lines say what the library says, wherever it would not take too long', () => {
  let asked = 0;
  fc.assert(
    fc.property(
      fc.array(line, { minLength: 1, maxLength: 4 }),
      path,
      fc.boolean(),
      (lines, names, isDirectory) => {
        const library = ignore({ ignorecase: false, allowRelativePaths: true }).add(lines.join('\n'));
        // Nobody asks for what is in a directory that is ignored.
        if (names.length > 1 && library.ignores(`${names.slice(0, -1).join('/')}/`)) return;
        const { ignored, unignored } = library.test(names.join('/') + (isDirectory ? '/' : ''));
        const expected = ignored ? 'ignore' : unignored ? 'sync' : undefined;
        expect(new IgnoreLines(lines.join('\n')).said(names.join('/'), isDirectory)).toBe(expected);
        asked += 1;
      },
    ),
    PARAMETERS,
  );
  expect(asked).toBeGreaterThan(RUNS / 3);
});
