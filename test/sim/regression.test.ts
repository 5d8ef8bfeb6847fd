import { type Profile, PROFILES, run } from '@evermesh/testkit/sim';
import { describe, expect, test } from 'vitest';
import { driftOf, fileNameOf, optionsOf, readRegression, regressionOf, textOf } from './regression.ts';

const profile = PROFILES['disk faults'] as Profile;
const found = { seed: '3', devices: 3, profile, operations: 12, trace: true };

describe('a regression', () => {
  test('is replayed as it was found from its file alone, whatever the profile would draw by now', async () => {
    const result = await run(found);
    const violations = [{ law: 'L2', what: 'a letter is nowhere\nand more' }];
    const text = textOf(regressionOf(found, { ...result, violations }));
    const read = readRegression(text);
    expect(read).toMatchObject({ law: 'L2', wrong: 'a letter is nowhere', world: { mirrors: true } });
    expect(fileNameOf(read)).toBe('disk-faults-3.json');
    expect(optionsOf(read).profile.weights).toEqual({});
    const again = await run({ ...optionsOf(read), trace: true });
    expect(again.trace.text()).toBe(result.trace.text());
    expect(driftOf(read, again.trace.events)).toEqual([]);
  });

  test('under another timing has other letters in the air, and the same hands on the keys', async () => {
    const result = await run(found);
    const read = readRegression(textOf(regressionOf(found, result)));
    const other = await run({ ...optionsOf(read, 'other'), trace: true });
    expect(other.trace.text()).not.toBe(result.trace.text());
    const first = (events: typeof result.trace.events): unknown =>
      events.flatMap((event) => (event.type === 'person' ? [event.what] : []))[0];
    expect(first(other.trace.events)).toBe(first(result.trace.events));
  });

  test('has one line for each step, with what it did', async () => {
    const text = textOf(regressionOf(found, await run(found)));
    const lines = text.split('\n').filter((line) => line.startsWith('    {'));
    expect(lines.length).toBeGreaterThanOrEqual(12);
    expect(lines.join('\n')).toMatch(/"does":\["\w+: writes /);
  });

  test('tells which steps do something else by now', async () => {
    const result = await run(found);
    const kept = regressionOf(found, result);
    const [first, ...others] = kept.steps;
    const changed = { ...kept, steps: [{ ...first!, does: ['anna: sleeps'] }, ...others] };
    expect(driftOf(changed, result.trace.events)).toEqual([
      expect.stringMatching(/^step \d+ \(.*\): anna: sleeps -> /),
    ]);
  });

  test.each([
    ['of another version', '{"version": 2}'],
    ['of something else', 'null'],
    ['without steps', '{"version": 1, "seed": "1", "devices": 3}'],
  ])('%s is refused', (_what, text) => {
    expect(() => readRegression(text)).toThrow(/regression/);
  });
});
