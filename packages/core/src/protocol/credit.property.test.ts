/**
 * Laws of credit, whatever windows the side that takes has in mind, and however late, often or out of order what it says arrives.
 *
 * - Nothing is sent beyond credit: what is taken is never refused.
 * - What is held is never more than the largest window and one frame.
 * - Everything arrives in the end.
 *
 * PROP_RUNS sets the number of runs, PROP_SEED replays one.
 */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { GivenCredit, SentCredit } from './index.ts';

const RUNS = Number(process.env['PROP_RUNS'] ?? 300);
const SEED = process.env['PROP_SEED'];
const PARAMETERS = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };

const bytes = fc.oneof(fc.nat({ max: 20 }), fc.nat({ max: 5000 }));
const window = fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 100 }), fc.integer({ min: 1, max: 4000 }));
const step = fc.record({
  type: fc.constantFrom('send', 'arrive', 'done', 'tell'),
  window,
  which: fc.nat({ max: 9 }),
  again: fc.boolean(),
});

test('everything is sent, within what was granted, and no more is held than the window and one frame', () => {
  let waits = 0;
  const property = fc.property(
    window,
    fc.array(bytes, { minLength: 1, maxLength: 40 }),
    fc.array(step, { maxLength: 120 }),
    (first, frames, steps) => {
      const sender = new SentCredit(first);
      const taker = new GivenCredit(first);
      const left = [...frames];
      const wire: number[] = [];
      const held: number[] = [];
      const said: number[] = [];
      const sum = (of: readonly number[]): number => of.reduce((a, b) => a + b, 0);
      let widest = first;

      const send = (): boolean => {
        const frame = sender.isLeft ? left.shift() : undefined;
        if (frame === undefined) return false;
        sender.spend(frame);
        wire.push(frame);
        return true;
      };
      const arrive = (): boolean => {
        const frame = wire.shift();
        if (frame === undefined) return false;
        taker.take(frame);
        held.push(frame);
        const most = Math.max(0, ...frames);
        expect(sum(held)).toBeLessThan(widest + most + 1);
        expect(taker.open).toBeGreaterThanOrEqual(sum(held));
        return true;
      };
      const done = (size: number): boolean => {
        const frame = held.shift();
        if (frame === undefined) return false;
        widest = Math.max(widest, size);
        const credit = taker.done(frame, size);
        if (credit !== undefined) said.push(credit);
        return true;
      };
      const tell = (which: number, again: boolean): boolean => {
        const [credit] = said.splice(which % Math.max(1, said.length), 1);
        if (credit === undefined) return false;
        sender.grant(credit);
        if (again) said.push(credit);
        return true;
      };
      for (const { type, window: size, which, again } of steps) {
        if (type === 'send') waits += !send() && left.length > 0 ? 1 : 0;
        else if (type === 'arrive') arrive();
        else if (type === 'done') done(size);
        else tell(which, again);
      }
      const size = steps[0]?.window ?? 1;
      while (tell(0, false) || send() || arrive() || done(size));
      expect([left, wire, held]).toEqual([[], [], []]);
    },
  );
  fc.assert(property, PARAMETERS);
  // Where credit seldom runs out, little is shown.
  expect(waits).toBeGreaterThan(RUNS / 10);
});

describe('credit', () => {
  test('that ran out is refused by name', () => {
    const taker = new GivenCredit(10);
    taker.take(9);
    taker.take(500);
    expect(() => taker.take(0)).toThrow(expect.objectContaining({ code: 'MESSAGE_BEYOND_CREDIT' }));
    expect(taker.done(9, 10)).toBeUndefined();
    expect(taker.done(500, 10)).toBe(519);
    taker.take(1);
  });

  test('is said once half of it was used, not each time', () => {
    const taker = new GivenCredit(100);
    taker.take(60);
    expect([taker.done(10, 100), taker.done(30, 100), taker.done(20, 100)]).toEqual([
      undefined,
      undefined,
      160,
    ]);
  });

  test('of nothing lets nothing be sent, and without bounds everything', () => {
    const [none, all] = [new SentCredit(0), new SentCredit(Infinity)];
    all.spend(1e12);
    expect([none.isLeft, all.isLeft]).toEqual([false, true]);
    none.grant(1);
    none.grant(0);
    expect(none.isLeft).toBe(true);
  });
});
