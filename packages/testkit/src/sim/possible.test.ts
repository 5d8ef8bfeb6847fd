/** What cannot befall a world, and what may. */
import { expect, test } from 'vitest';
import { PROFILES } from './profiles.ts';
import { run } from './run.ts';
import type { Step, StepType } from './script.ts';

async function happened(...steps: [StepType, who: number][]): Promise<Record<string, number>> {
  const script = steps.map(([type, who], id): Step => ({ id, type, who, after: 1000 }));
  const profile = PROFILES['kills']!;
  const { trace, violations } = await run({ seed: '1', devices: 2, profile, script });
  expect(violations).toEqual([]);
  return Object.fromEntries(trace.counts.fault);
}

test('not every disk that has what everybody had at a rest is set back before the next one', async () => {
  const backups: [StepType, number][] = [
    ['back up', 0],
    ['back up', 1],
    ['create', 0],
    ['rest', 0],
  ];
  expect(await happened(...backups, ['relay wipe', 0], ['roll back', 0], ['roll back', 1])).toMatchObject({
    'relay wipe': 1,
    'roll back': 1,
  });
  expect(await happened(...backups, ['roll back', 0], ['roll back', 1], ['relay restore', 0])).toEqual({
    'back up': 2,
    rest: 1,
    'roll back': 2,
  });
  const rests: [StepType, number][] = [
    ['relay wipe', 0],
    ['roll back', 0],
    ['rest', 0],
    ['roll back', 1],
  ];
  expect(await happened(...backups, ...rests)).toMatchObject({ 'relay wipe': 1, 'roll back': 2 });
});

test('a backup that was made after the rest may take the place of any disk', async () => {
  const steps: [StepType, number][] = [
    ['create', 0],
    ['rest', 0],
    ['back up', 0],
    ['back up', 1],
    ['relay wipe', 0],
    ['roll back', 0],
    ['roll back', 1],
  ];
  expect(await happened(...steps)).toMatchObject({ 'relay wipe': 1, 'roll back': 2 });
});

test('before anybody rested, the folder itself is not taken from everybody', async () => {
  const steps: [StepType, number][] = [
    ['relay restore', 0],
    ['join', 0],
    ['clone', 0],
    ['clone', 1],
  ];
  const script = steps.map(([type, who], id): Step => ({ id, type, who, after: 1000 }));
  const profile = { ...PROFILES['kills']!, latecomers: true };
  for (let seed = 1; seed <= 8; seed++) {
    const { violations } = await run({ seed: `${seed}`, devices: 3, profile, script });
    expect(violations, `seed ${seed}`).toEqual([]);
  }
});
