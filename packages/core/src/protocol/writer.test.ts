import { expect, test } from 'vitest';
import { type AuthorId, toHex } from '../base/index.ts';
import { Reader } from './reader.ts';
import { Writer } from './writer.ts';

test('numbers are 7 bits a byte, low group first', () => {
  const hex = (value: number): string => toHex(new Writer().uint(value).finish());
  expect([0, 127, 128, 2 ** 32, 2 ** 53 - 1].map(hex)).toEqual([
    '00',
    '7f',
    '8001',
    '8080808010',
    'ffffffffffffff0f',
  ]);
});

test('digits, authors and ASCII are written as their bytes are', () => {
  const author = `${'0f'.repeat(16)}.${'a0'.repeat(8)}` as AuthorId;
  const bytes = new Writer().hex('00ff7f').author(author).ascii('tree0').finish();
  expect(toHex(bytes)).toBe(`00ff7f${'0f'.repeat(16)}${'a0'.repeat(8)}7472656530`);
});

test('two that write by turns do not write into each other, nor into what was finished', () => {
  const first = new Writer().text('one');
  const second = new Writer().text('two');
  first.text('more');
  const finished = second.finish();
  const third = new Writer().text('three');
  expect(toHex(first.finish())).toBe(toHex(new Writer().text('one').text('more').finish()));
  third.finish();
  expect(new Reader(finished).text(9)).toBe('two');
});

test('what is written may be of any length', () => {
  const long = new Uint8Array(200_000).fill(7);
  const bytes = new Writer().byte(1).bytes(long).uint(5).finish();
  const reader = new Reader(bytes);
  expect([reader.byte(), toHex(reader.bytes(long.length)) === toHex(long), reader.uint()]).toEqual([
    1,
    true,
    5,
  ]);
  reader.end();
});
