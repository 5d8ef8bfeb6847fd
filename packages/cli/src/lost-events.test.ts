import { expect, test } from 'vitest';
import type { CliEvent } from './events.ts';
import { LostEvents } from './lost-events.ts';
import { ManualClock } from './testing/fake-link.ts';

test('lost events are told at once, and once a minute while it goes on', () => {
  const [clock, told] = [new ManualClock(), [] as CliEvent[]];
  const lost = new LostEvents(clock, (event) => told.push(event));
  lost.happened();
  expect(told).toEqual([
    expect.objectContaining({ event: 'notice', next: expect.stringContaining('looked at') as string }),
  ]);
  clock.advance(59_999);
  lost.happened();
  expect(told).toHaveLength(1);
  clock.advance(1);
  lost.happened();
  expect(told).toHaveLength(2);
  clock.advance(-86_400_000);
  lost.happened();
  expect(told).toHaveLength(3);
});
