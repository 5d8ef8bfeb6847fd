import { sha256 as portable } from '@noble/hashes/sha2.js';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { toHex } from './bytes.ts';
import { sha256 } from './sha256.ts';

test('the digest of nothing is the one that everybody knows', () => {
  expect(toHex(sha256(new Uint8Array(0)))).toBe(
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  );
});

test('the platform and a browser find the same digest, in an array of its own', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      const digest = sha256(bytes);
      expect(toHex(digest)).toBe(toHex(portable(bytes)));
      expect(digest.buffer.byteLength).toBe(32);
    }),
  );
});
