import { EvermeshError } from '@evermesh/core/errors';
import { VirtualClock } from '@evermesh/testkit';
import { expect, test } from 'vitest';
import type { CliEvent } from './events.ts';
import { type Attempt, openAgain } from './open-again.ts';

const full = new EvermeshError('STORE_FAILED', 'no room');

/** What was told of `use`, and what came of it, when the clock went on for as long as anything waited for it. */
async function tried(
  use: (attempt: Attempt, clock: VirtualClock) => Promise<string>,
  ending = new AbortController(),
): Promise<{ waits: number[]; result: unknown }> {
  const clock = new VirtualClock();
  const waits: number[] = [];
  const tell = (event: CliEvent): void => {
    if (event.event === 'waiting') waits.push(event.seconds);
    // What is waited for begins when this has returned.
    queueMicrotask(() => queueMicrotask(() => clock.advance(60_000)));
  };
  const options = { clock, signal: ending.signal, tell };
  const result = await openAgain((attempt) => use(attempt, clock), options).catch((error: unknown) => error);
  return { waits, result };
}

test('what fails before it has worked is told at once', async () => {
  expect(await tried(() => Promise.reject(full))).toEqual({ waits: [], result: full });
});

test('a store that fails at work is opened again and again, less and less often', async () => {
  let times = 0;
  const { waits, result } = await tried(({ isFirst, works }) => {
    expect(isFirst).toBe(times === 0);
    if (times === 0) works();
    return ++times < 9 ? Promise.reject(full) : Promise.resolve('done');
  });
  expect(waits).toEqual([1, 2, 4, 8, 16, 32, 60, 60]);
  expect(result).toBe('done');
});

test('what has worked for a minute is tried soon again when it fails', async () => {
  let times = 0;
  const { waits } = await tried(({ works }, clock) => {
    works();
    if (times === 3) clock.advance(60_000);
    return ++times < 6 ? Promise.reject(full) : Promise.resolve('done');
  });
  expect(waits).toEqual([1, 2, 4, 1, 2]);
});

test('another error ends it, though it had worked', async () => {
  const damaged = new EvermeshError('STORE_CORRUPT', 'damaged');
  const { waits, result } = await tried(({ works }) => {
    works();
    return Promise.reject(damaged);
  });
  expect({ waits, result }).toEqual({ waits: [], result: damaged });
});

test('who stops it does not have to wait', async () => {
  const ending = new AbortController();
  const reason = new Error('stopped');
  let times = 0;
  const { result } = await tried(({ works }) => {
    works();
    times += 1;
    ending.abort(reason);
    return Promise.reject(full);
  }, ending);
  expect(result).toBe(reason);
  expect(times).toBe(1);
});
