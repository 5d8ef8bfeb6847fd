import { expect, test } from 'vitest';
import { LookedAt } from './looked-at.ts';

test('what was changed while a mirror could not look counts as looked at when it had the time to, and not before', () => {
  let now = 0;
  const looked = new LookedAt(() => now);
  const at = (time: number): number => {
    now = time;
    return looked.before;
  };
  looked.begins();
  expect(at(4000)).toBe(0);
  expect(at(20_000)).toBe(15_000);
  looked.blind('rights');
  expect(at(40_000)).toBe(20_000);
  looked.blind('disk');
  looked.seesAgain('rights');
  expect(at(60_000)).toBe(20_000);
  looked.seesAgain('disk');
  expect(at(64_000)).toBe(20_000);
  expect(at(66_000)).toBe(61_000);
  looked.ends();
  expect(at(90_000)).toBe(61_000);
  looked.begins();
  expect(at(94_000)).toBe(61_000);
  expect(at(96_000)).toBe(91_000);
});
