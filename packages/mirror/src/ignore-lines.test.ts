import { expect, test } from 'vitest';
import { IgnoreLines } from './ignore-lines.ts';

test.each([
  ['**/a/**/b', 'x/a/b', 'ignore'],
  ['**/a/**/b', 'a/x/y/b', 'ignore'],
  ['**/a/**/b', 'b/x/a', undefined],
  ['**/a/**/b/', 'a/b', undefined],
  ['**/a/**/b/**/c/**', 'a/b/c/d', 'ignore'],
  ['**/a/**/b/**/c/**', 'a/b/c', undefined],
  ['**/a/**/*.log\n!keep.log', 'a/keep.log', 'sync'],
  ['!keep.log\n**/a/**/*.log', 'a/keep.log', 'ignore'],
] as const)('%j says of %s: %s', (text, place, said) => {
  expect(new IgnoreLines(text).said(place, false)).toBe(said);
});

test('a path of a thousand directories is asked about in milliseconds', () => {
  const lines = new IgnoreLines('**/a/**/a/**/a/**/b\n**/a/**/b\n');
  const begin = performance.now();
  expect(lines.said(`${'a/'.repeat(1000)}c`, false)).toBeUndefined();
  // The library alone would take more than a second.
  expect(performance.now() - begin).toBeLessThan(500);
});
