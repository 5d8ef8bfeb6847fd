import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { systemClock } from './system-clock.ts';

const MONTH = 30 * 24 * 3_600_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('what is to happen later than a timer of the platform can wait happens then, and not at once', () => {
  let runs = 0;
  systemClock.after(MONTH, () => (runs += 1));
  vi.advanceTimersByTime(MONTH - 1);
  expect(runs).toBe(0);
  vi.advanceTimersByTime(1);
  expect(runs).toBe(1);
  const timer = systemClock.after(MONTH, () => (runs += 1));
  vi.advanceTimersByTime(MONTH - 1);
  timer.cancel();
  vi.advanceTimersByTime(MONTH);
  expect([runs, vi.getTimerCount()]).toEqual([1, 0]);
});

test('a turn waits for no timer, and others have theirs meanwhile', async () => {
  vi.useRealTimers();
  vi.useFakeTimers({ toFake: ['setTimeout'] });
  let others = 0;
  setImmediate(() => (others += 1));
  for (let turns = 0; turns < 3; turns++) await systemClock.turn?.();
  expect(others).toBe(1);
});
