import { describe, expect, test } from 'vitest';
import { type AuthorId, authorFromBytes, toHex } from '../base/index.ts';
import { encodeHeads, equalHeads, keptHeads, mergeHeads, readHeads } from './heads.ts';
import { Reader } from './reader.ts';

const author = (digit: string): AuthorId => `${digit.repeat(32)}.${digit.repeat(16)}` as AuthorId;

describe('heads of one author that are kept', () => {
  const heads = new Map([[author('a'), 7]]);
  const kept = keptHeads(heads);

  test('say what a map says', () => {
    expect(kept).not.toBeInstanceOf(Map);
    expect(new Map(kept)).toEqual(heads);
    expect([kept.size, kept.has(author('a')), kept.has(author('b'))]).toEqual([1, true, false]);
    expect([kept.get(author('a')), kept.get(author('b'))]).toEqual([7, undefined]);
    expect([[...kept.keys()], [...kept.values()], [...kept.entries()], [...kept]]).toEqual([
      [author('a')],
      [7],
      [[author('a'), 7]],
      [[author('a'), 7]],
    ]);
    const told: unknown[] = [];
    kept.forEach((counter, one, all) => told.push([counter, one, all]));
    expect(told).toEqual([[7, author('a'), kept]]);
  });

  test('are equal to it, merge with others, and are read back', () => {
    expect(equalHeads(kept, heads) && equalHeads(heads, kept)).toBe(true);
    expect(mergeHeads(kept, new Map([[author('b'), 1]])).size).toBe(2);
    expect(equalHeads(readHeads(new Reader(encodeHeads(kept))), heads)).toBe(true);
  });

  test('are no heads of none, and none of two', () => {
    const two = new Map([...heads, [author('b'), 1] as const]);
    expect(keptHeads(two)).toBe(two);
    expect(keptHeads(new Map()).size).toBe(0);
  });
});

test('authors are told apart, however many were read before', () => {
  const all = Array.from({ length: 1000 }, (_, i) =>
    Uint8Array.from({ length: 24 }, (__, at) => (i * (at + 3)) % 251),
  );
  for (let times = 0; times < 2; times++)
    for (const bytes of all)
      expect(authorFromBytes(bytes)).toBe(`${toHex(bytes.subarray(0, 16))}.${toHex(bytes.subarray(16))}`);
});
