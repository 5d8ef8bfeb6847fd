import { type Profile, PROFILES, run, type RunResult, type TraceEvent } from '@evermesh/testkit/sim';
import { beforeAll, describe, expect, test } from 'vitest';
import { layoutOf } from './layout.ts';
import { pageOf } from './page.ts';

describe('the picture of a world', () => {
  let result: RunResult;
  let page: string;

  beforeAll(async () => {
    const profile = PROFILES['faults'] as Profile;
    result = await run({ seed: '3', devices: 3, profile, operations: 40, trace: true });
    page = pageOf('faults, seed 3', result.trace, [{ law: 'L2', what: 'a < b' }]);
  });

  const events = <T extends TraceEvent['type']>(type: T): (TraceEvent & { type: T })[] =>
    result.trace.events.filter((event): event is TraceEvent & { type: T } => event.type === type);
  const times = (pattern: RegExp): number => page.match(pattern)?.length ?? 0;

  test('is one file that loads nothing and runs nothing', () => {
    expect(page.replace('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:|<script|src=|@import|url\(/);
  });

  test('has a life line for each machine, and an arrow for each message but signs of life', () => {
    expect(times(/class="life"/g)).toBe(new Set(events('program').map(({ who }) => who)).size);
    const messages = events('frame').filter(({ message, isLost }) => isLost || !/^P[IO]NG$/.test(message));
    expect(messages.length).toBeGreaterThan(50);
    expect(times(/<title>[A-Z]+: \w+ to \w+, \d+ bytes/g)).toBe(messages.length);
  });

  test('has a dot for each thing that a person did, and marks what befell whom', () => {
    expect(times(/<circle /g)).toBe(events('person').length);
    expect(events('misfortune').length).toBeGreaterThan(5);
    for (const { who, what } of events('misfortune')) expect(page).toContain(`${who}: ${what}</title>`);
  });

  test('counts what had to be settled', () => {
    const counted = [...result.trace.counts.anomaly];
    expect(counted).not.toEqual([]);
    for (const [what, count] of counted) expect(page).toMatch(new RegExp(`<p>anomalies: .*${count} ${what}`));
  });

  test('says which law broke, in words that are no markup', () => {
    expect(page).toContain('<li><b>L2</b> a &lt; b</li>');
  });

  test('shades the times in which a machine is down or cut off, until they end', () => {
    const at = (time: number, type: 'program' | 'network', what: string): TraceEvent => ({
      type,
      at: time,
      who: 'anna',
      what,
    });
    const { periods } = layoutOf([
      at(0, 'program', 'begins'),
      at(5, 'program', 'is killed'),
      at(9, 'program', 'begins'),
      at(10, 'network', 'is cut off'),
      at(20, 'program', 'exits'),
    ]);
    expect(periods).toEqual([
      { who: 'anna', what: 'is down', from: 5, to: 9 },
      { who: 'anna', what: 'is cut off', from: 10, to: 20 },
    ]);
  });

  test('lets time run downwards only, and no words of a machine cover each other', () => {
    const { marks, frames, y } = layoutOf(result.trace.events);
    for (const who of new Set(marks.map(({ mark }) => mark.who))) {
      const ys = marks.filter(({ mark }) => mark.who === who).map((one) => one.y);
      // Places are sums of fractions: a difference of two may be less than a line by the last digit.
      for (let i = 1; i < ys.length; i++) expect(ys[i]! - ys[i - 1]!).toBeGreaterThan(15 - 1e-6);
    }
    const inOrder = frames.map(({ at }) => at);
    for (let i = 1; i < inOrder.length; i++)
      expect(y(inOrder[i]!)).toBeGreaterThanOrEqual(y(inOrder[i - 1]!));
  });
});
