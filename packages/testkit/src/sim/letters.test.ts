import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { Letters, lettersIn } from './letters.ts';

test('the letters of a text are those of the two ranges, and nothing else is one', () => {
  const edges = [0x4dff, 0x4e00, 0x9fff, 0xa000, 0x20000, 0x2a6d0, 0x2a6d1, 0xd840, 0xdc00, 0x61];
  const unit = fc.oneof(fc.constantFrom(...edges), fc.nat(0x10ffff));
  fc.assert(
    fc.property(fc.array(unit), (units) => {
      const text = String.fromCodePoint(...units);
      expect(lettersIn(text)).toEqual(text.match(/[\u4E00-\u9FFF]|[\u{20000}-\u{2A6D0}]/gu) ?? []);
    }),
  );
});

test('each letter that is taken is found again, and is another one', () => {
  const text = new Letters().take(100);
  expect(new Set(lettersIn(text)).size).toBe(100);
});
