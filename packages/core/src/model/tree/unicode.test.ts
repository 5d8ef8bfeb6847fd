/** Where the runtime has the same version of Unicode, both say the same. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { composed, lowerCase } from './unicode.ts';
import { UNICODE_VERSION } from './unicode-data.ts';

const isSame = process.versions['unicode'] === UNICODE_VERSION;
const RUNS = Number(process.env['PROP_RUNS'] ?? 3000);

const isWhole = (code: number): boolean => code < 0xd800 || code > 0xdfff;
const everything = Array.from({ length: 0x110000 }, (_, code) => code).filter(isWhole);
/** What there is something to say about. */
const telling = everything
  .map((code) => String.fromCodePoint(code))
  .filter((text) => text.toLowerCase() !== text || text.normalize('NFD') !== text || /\p{M}/u.test(text));

describe.runIf(isSame)('the runtime', () => {
  test('says of each character what the tables say', () => {
    const differing = everything.filter((code) => {
      const text = String.fromCodePoint(code);
      return lowerCase(text) !== text.toLowerCase() || composed(text) !== text.normalize('NFC');
    });
    expect(differing).toEqual([]);
  });

  test('says the same of what characters are made of', () => {
    for (const text of telling) expect(composed(text.normalize('NFD'))).toBe(text.normalize('NFC'));
  });

  test('says the same of any text', () => {
    const character = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...telling) },
      {
        weight: 1,
        arbitrary: fc.constantFrom('a', ' ', '.', '\u03a3', '\u03a3', '\u0345', '\u1100', '\u1161', '\u11a8'),
      },
      { weight: 1, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
    );
    fc.assert(
      fc.property(
        fc.array(character, { maxLength: 12 }).map((all) => all.join('')),
        (text) => {
          expect(lowerCase(text)).toBe(text.toLowerCase());
          expect(composed(text)).toBe(text.normalize('NFC'));
        },
      ),
      { numRuns: RUNS },
    );
  });
});

test.each([
  ['\u0391\u03a3 \u0391\u03a3\u0391', '\u03b1\u03c2 \u03b1\u03c3\u03b1'],
  ['\u0130X', 'i\u0307x'],
  ['\u{1e900}', '\u{1e922}'],
  ['\u1e9e', '\u00df'],
])('%j is %j in lower case, whatever the runtime says', (text, lower) => {
  expect(lowerCase(text)).toBe(lower);
});

test.each([
  ['cafe\u0301', 'caf\u00e9'],
  ['a\u0323\u0302', '\u1ead'],
  ['a\u0302\u0323', '\u1ead'],
  ['\u1112\u1161\u11ab', '\ud55c'],
  ['\u0958', '\u0915\u093c'],
  ['\u212b', '\u00c5'],
])('%j is composed to %j, whatever the runtime says', (text, whole) => {
  expect(composed(text)).toBe(whole);
});
