import { VirtualClock } from '@evermesh/testkit';
import { beforeEach, expect, test } from 'vitest';
import type { Clock } from '../base/index.ts';
import { Heartbeat } from './heartbeat.ts';

let clock: VirtualClock;
/** Milliseconds by which the machine's clock was set back. */
let setBack: number;
let heartbeat: Heartbeat;
let buffered: number;
/** What happened, and after how many seconds. */
let told: string[];

beforeEach(() => {
  clock = new VirtualClock();
  buffered = 0;
  setBack = 0;
  told = [];
  const start = clock.now();
  const tell = (what: string) => (): unknown => told.push(`${what} ${(clock.now() - start) / 1000}`);
  const machine: Clock = {
    now: () => clock.now() - setBack,
    after: (milliseconds, run) => clock.after(milliseconds, run),
  };
  heartbeat = new Heartbeat(machine, { ask: tell('ask'), dead: tell('dead'), buffered: () => buffered });
});

/** Seconds pass one by one. */
function pass(seconds: number, each: () => void = () => undefined): void {
  for (let i = 0; i < seconds; i++) {
    clock.advance(1000);
    each();
  }
}

test('a peer that is silent is asked, and is dead after as long as a long frame takes on a slow line', () => {
  pass(200);
  expect(told).toEqual(['ask 20', 'ask 40', 'ask 60', 'ask 80', 'ask 100', 'dead 120']);
});

test('what is heard begins the silence anew', () => {
  pass(110);
  heartbeat.heard();
  pass(110);
  expect(told).not.toContainEqual(expect.stringContaining('dead'));
  pass(20);
  expect(told).toContainEqual(expect.stringContaining('dead'));
});

test('a frame that leaves slowly is no silence, one that does not leave is', () => {
  buffered = 10_000_000;
  pass(250, () => (buffered -= 40_000));
  expect(told).not.toContainEqual(expect.stringContaining('dead'));
  buffered = 5000;
  pass(150);
  expect(told.filter((what) => what.startsWith('dead'))).toHaveLength(1);
});

test('a clock that is set back by years delays the end of a silent peer by no more than a silence', () => {
  pass(50);
  setBack = 3e11;
  pass(140);
  expect(told.at(-1)).toBe('dead 180');
});
