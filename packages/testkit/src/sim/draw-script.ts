/** A script from a seed: which steps a world of a profile has, and when. */
import type { Profile } from './profile.ts';
import { isUserStep, type Step, type StepType } from './script.ts';
import type { Seeded } from './seeded.ts';

/** At least `operations` steps of people, among as many others as the profile has it. */
export function drawScript(random: Seeded, profile: Profile, operations: number): Step[] {
  const types = Object.entries(profile.weights) as [StepType, number][];
  const total = types.reduce((sum, [, weight]) => sum + weight, 0);
  const steps: Step[] = [];
  for (let id = 0, left = operations; left > 0; id++) {
    let at = random.float() * total;
    const type = types.find(([, weight]) => (at -= weight) < 0)?.[0] ?? 'edit';
    const after = random.chance(0.6) ? random.below(30) : random.below(random.chance(0.9) ? 500 : 20_000);
    steps.push({ id, after, type, who: random.below(1000) });
    if (isUserStep(type)) left -= 1;
  }
  return steps;
}
