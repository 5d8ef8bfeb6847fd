import { expect, test } from 'vitest';
import { parseByteCount } from './byte-count.ts';

test.each([
  ['1', 1],
  ['500000000', 500_000_000],
  ['3KiB', 3072],
  ['20GiB', 20 * 1024 ** 3],
  ['2TiB', 2 * 1024 ** 4],
])('%s is so many bytes', (text, bytes) => {
  expect(parseByteCount(text)).toBe(bytes);
});

test.each(['', '0', '-1', '1.5GiB', '20GB', '20 GiB', 'GiB', '1e9', '99999999TiB'])('%j is none', (text) => {
  expect(() => parseByteCount(text)).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
});
