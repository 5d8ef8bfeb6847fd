/** A script from a seed: which steps a world of a profile has, and when. */
import type { Profile } from './profile.ts';
import type { Step, StepType } from './script.ts';
import type { Seeded } from './seeded.ts';

/** As many steps as are asked for: the first ones are the same, however many that is. */
export function* drawScript(random: Seeded, profile: Profile): Generator<Step, never> {
  const types = Object.entries(profile.weights) as [StepType, number][];
  const total = types.reduce((sum, [, weight]) => sum + weight, 0);
  for (let id = 0; ; id++) {
    let at = random.float() * total;
    const type = types.find(([, weight]) => (at -= weight) < 0)?.[0] ?? 'edit';
    const after = random.chance(0.6) ? random.below(30) : random.below(random.chance(0.9) ? 500 : 20_000);
    yield { id, after, type, who: random.below(1000) };
  }
}
