import { deflateSync, inflateSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { seededRandom } from '../testing/seeded-random.ts';
import { deflate, inflate } from './deflate.ts';

const random = seededRandom(1);
const samples = {
  nothing: new Uint8Array(0),
  'what packs well': new Uint8Array(100_000).fill(7),
  'what does not': random.bytes(50_000),
};

describe('what this platform deflates', () => {
  test.each(Object.entries(samples))('%s: it and every other inflates', (_, bytes) => {
    expect(inflate(deflate(bytes), bytes.byteLength)).toEqual(bytes);
    expect(inflateSync(deflate(bytes))).toEqual(bytes);
    expect(inflate(deflateSync(bytes), bytes.byteLength)).toEqual(bytes);
  });

  test('is an array of its own, and no `Buffer`', () => {
    const bytes = deflate(samples['what packs well']);
    expect(bytes.constructor).toBe(Uint8Array);
    expect(inflate(bytes, 100_000).constructor).toBe(Uint8Array);
  });
});

test.each([
  ['more than they were said to be', deflate(samples['what packs well']), 99_999],
  ['fewer', deflate(samples['what packs well']), 100_001],
  ['nothing of the kind', Uint8Array.of(255, 1, 2, 3), 4],
  ['cut off', deflate(samples['what does not']).slice(0, 40_000), 50_000],
])('bytes that are %s are refused', (_, bytes, length) => {
  expect(() => inflate(bytes, length)).toThrow(RangeError);
});
