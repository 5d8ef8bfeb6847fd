import { expect, test } from 'vitest';
import { type BlobName, EMPTY, sha256, toHex, utf8 } from '../../base/index.ts';
import { contentDigest, digestOfBlob, textOf } from './content.ts';
import { TEXT_LIMIT } from './layout.ts';
import { unitOf } from './unit.ts';

test('valid UTF-8 without NUL is text, exactly as it is', () => {
  for (const text of ['', 'a\r\nb\n', '\ufeffwith a mark', '漢字 😀']) expect(textOf(utf8(text))).toBe(text);
  expect(textOf(utf8('a\0b'))).toBeUndefined();
  expect(textOf(Uint8Array.of(0xc3, 0x28))).toBeUndefined();
  expect(textOf(Uint8Array.of(0xed, 0xa0, 0x80))).toBeUndefined();
});

test('text has a limit in bytes', () => {
  expect(textOf(new Uint8Array(TEXT_LIMIT).fill(97))).toHaveLength(TEXT_LIMIT);
  expect(textOf(new Uint8Array(TEXT_LIMIT + 1).fill(97))).toBeUndefined();
});

test('a digest is 16 characters, the same from bytes and from the name of the blob they make', () => {
  for (const bytes of [EMPTY, utf8('abc'), Uint8Array.of(0, 255)]) {
    const digest = contentDigest(bytes);
    expect(digest).toMatch(bytes.byteLength === 0 ? /^$/ : /^[\w-]{16}$/);
    expect(digestOfBlob(toHex(sha256(bytes)) as BlobName)).toBe(digest);
  }
  expect(contentDigest(utf8('abc'))).toBe('ungWv48Bz-pBQUDe');
});

test('prose is compared by words, anything else by lines', () => {
  for (const name of ['a.md', 'B.TXT', 'README', 'thesis.tex', 'x.y.org']) expect(unitOf(name)).toBe('words');
  for (const name of ['a.ts', 'Makefile', 'data.json', '.md', 'readme.py', ''])
    expect(unitOf(name)).toBe('lines');
});
