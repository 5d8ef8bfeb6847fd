import { expect, test } from 'vitest';
import { random53 } from './random.ts';
import { systemRandom } from './system-random.ts';

test('every draw is as long as asked for, its own, and no other', () => {
  const seen = new Set<string>();
  for (let i = 0; i < 2000; i++) {
    const bytes = systemRandom.bytes(16);
    expect(bytes.byteLength).toBe(16);
    expect(bytes.buffer.byteLength).toBe(16);
    seen.add(String(bytes));
  }
  expect(seen.size).toBe(2000);
  expect(systemRandom.bytes(10_000).byteLength).toBe(10_000);
  expect(systemRandom.bytes(0).byteLength).toBe(0);
});

test('whole numbers drawn from it fill 53 bits', () => {
  const numbers = Array.from({ length: 1000 }, () => random53(systemRandom));
  expect(new Set(numbers).size).toBe(1000);
  expect(numbers.every((number) => Number.isSafeInteger(number))).toBe(true);
  expect(Math.max(...numbers)).toBeGreaterThan(2 ** 52);
});
