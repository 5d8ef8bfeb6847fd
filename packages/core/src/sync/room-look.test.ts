import { VirtualClock } from '@evermesh/testkit';
import { expect, test } from 'vitest';
import { RoomLook } from './room-look.ts';

const MINUTE = 60_000;

test('room is looked for after a minute, then after twice as long each time, and after a minute again once all was taken', () => {
  const clock = new VirtualClock();
  const began = clock.now();
  const looks: number[] = [];
  const room: RoomLook = new RoomLook(clock, () => {
    looks.push((clock.now() - began) / MINUTE);
    room.later();
  });
  room.later();
  clock.advance(4 * MINUTE);
  expect(looks).toEqual([1, 3]);
  room.stop();
  expect(clock.waiting).toBe(0);

  const other = new RoomLook(clock, () => looks.push(0));
  other.later();
  clock.advance(MINUTE);
  other.found();
  other.later();
  clock.advance(MINUTE);
  expect(looks).toEqual([1, 3, 0, 0]);
  other.later(5 * MINUTE);
  clock.advance(4 * MINUTE);
  expect(looks).toHaveLength(4);
  clock.advance(MINUTE);
  expect(looks).toHaveLength(5);
});
