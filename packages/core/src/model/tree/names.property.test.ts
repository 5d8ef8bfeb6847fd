/**
 * Laws of the keys of names, of which nearly all take a short way.
 *
 * - Any name has the key that the rules of the format say, as they are written down a second time; by case as well.
 *
 * PROP_RUNS sets the number of runs, PROP_SEED replays one.
 */
import { nameKeyOf as nameKeyByRules } from '@evermesh/testkit/tree';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { NAME_RULES, nameKeyOf } from './names.ts';

const RUNS = Number(process.env['PROP_RUNS'] ?? 200);
const SEED = process.env['PROP_SEED'];
const PARAMETERS = { numRuns: 10 * RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };

/** Names that Windows keeps for itself, and some that it does not. */
const RESERVED = ['con', 'PRN', 'aux', 'Nul', 'com1', 'LPT9', 'conin$', 'CONOUT$', 'com', 'lpt', 'cone'];

const name = fc
  .array(
    fc.oneof(
      fc.constantFrom(...RESERVED),
      fc.string({ unit: 'grapheme-ascii', maxLength: 3 }),
      fc.string({ unit: fc.constantFrom('a', 'B', '1', '-', '.', ' '), maxLength: 5 }),
      fc.constantFrom('.', ' ', '\t', '\u007f', '\u00e9', '\u00b2', '\u017f', '\u212a', 'x'.repeat(254)),
    ),
    { maxLength: 4 },
  )
  .map((parts) => parts.join(''));

test('any name has the key that the rules say', () => {
  const counts = { short: 0, long: 0 };
  fc.assert(
    fc.property(name, (registered) => {
      for (const rules of Object.values(NAME_RULES).map(String)) {
        const key = nameKeyOf(rules)(registered);
        expect(key).toBe(nameKeyByRules(new Map([['nameRules', rules]]))(registered));
        counts[key.toLowerCase() === registered.toLowerCase() ? 'short' : 'long'] += 1;
      }
    }),
    PARAMETERS,
  );
  expect(counts.short).toBeGreaterThan(RUNS);
  expect(counts.long).toBeGreaterThan(RUNS);
});
