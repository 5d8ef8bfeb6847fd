import { expect, test } from 'vitest';
import { compare } from './agreement.ts';
import { mergeSaves } from './merge-saves.ts';

const texts = { base: 'a\nb\n', left: 'a\nx\nb\n', right: 'a\nx\nb\ny\n' };

test('what two saves come to is told by how it differs from what git made', () => {
  const merged = 'a\nx\nb\ny\n';
  expect(compare(merged, { ...texts, merged })).toBe('equal');
  expect(compare('a\nx\nx\nb\ny\n', { ...texts, merged })).toBe('twice');
  expect(compare('a\nb\ny\n', { ...texts, merged })).toBe('other');
  expect(compare('a\nx\nz\nb\ny\n', { ...texts, merged })).toBe('other');
});

test('where git found a conflict it counts whether a line came out that nobody wrote', () => {
  expect(compare('a\nx\nx\nb\ny\n', { ...texts, merged: undefined })).toBe('kept');
  expect(compare('a\nxy\nb\n', { ...texts, merged: undefined })).toBe('blended');
});

test('two saves apart are merged, and what both inserted is there once where the one was on the way', () => {
  expect(mergeSaves(texts, 'lines', 'apart')).toBe('a\nx\nx\nb\ny\n');
  expect(mergeSaves(texts, 'lines', 'behind')).toBe('a\nx\nb\ny\n');
});
