import type { Clock } from '@evermesh/core';
import { describe, expect, test } from 'vitest';
import { type ProgressEvent, SlowProgress } from './slow-progress.ts';

/** What was told of progress that was made each `every` milliseconds, `count` times. */
function toldOf(every: number, count: number, pauses: Readonly<Record<number, number>> = {}): number[] {
  const told: number[] = [];
  let now = 1_000_000;
  const clock: Clock = { now: () => now, after: () => ({ cancel: () => undefined }) };
  const progress = new SlowProgress(clock, ({ done }: ProgressEvent) => told.push(done));
  for (let done = 1; done <= count; done++) {
    now += pauses[done] ?? every;
    progress.at({ event: 'progress', phase: 'scan', done, total: 1_000_000 });
  }
  return told;
}

describe('progress', () => {
  test('is not told of what takes less than a second', () => {
    expect(toldOf(10, 99)).toEqual([]);
  });

  test('is told of what takes longer, four times a second', () => {
    const told = toldOf(10, 500);
    expect(told[0]).toBe(101);
    expect(told).toHaveLength(16);
  });

  test('begins anew after a pause: two short things are not one long one', () => {
    expect(toldOf(10, 160, { 80: 60_000 })).toEqual([]);
  });

  test('is told again after the clock was set back', () => {
    const told = toldOf(10, 500, { 200: -500_000 });
    expect(told.filter((done) => done >= 300).length).toBeGreaterThan(5);
  });
});
