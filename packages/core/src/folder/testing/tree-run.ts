/** One run from its seed to its end, or to the invariant that does not hold. */
import { drawScript, type Happening, Seeded, shrinkList } from '@evermesh/testkit/tree';
import { Broken } from './difference.ts';
import { type Counts, TreeWorld } from './tree-world.ts';

export interface TreeRun {
  readonly counts: Counts;
  readonly script: readonly Happening[];
  /** Which invariant does not hold, and where that shows. */
  readonly broken?: { readonly invariant: string; readonly what: string };
}

/** @param script in place of the one that the seed draws */
export async function runTree(seed: string, script?: readonly Happening[]): Promise<TreeRun> {
  const drawn = drawScript(seed);
  const world = await TreeWorld.open(drawn.replicas, new Seeded(`${seed} world`), drawn);
  const happenings = script ?? drawn.script;
  try {
    for (const happening of happenings) await world.do(happening);
    await world.finish();
  } catch (error) {
    const { message, stack } = error as Error;
    const invariant = error instanceof Broken ? error.invariant : 'no error';
    const what = error instanceof Broken ? message : (stack ?? message);
    return { counts: world.counts, script: happenings, broken: { invariant, what } };
  }
  return { counts: world.counts, script: happenings };
}

/** Runs that are spent on making a script small. */
const PATIENCE = 400;

/** The shortest script found that breaks the same invariant. */
export function shrunk(seed: string, { script, broken }: TreeRun): Promise<readonly Happening[]> {
  const fails = async (shorter: readonly Happening[]): Promise<boolean> =>
    (await runTree(seed, shorter)).broken?.invariant === broken?.invariant;
  return shrinkList(script, fails, PATIENCE);
}

/** What an average run has at least: runs in which less happens prove nothing. */
const LEAST: Counts = {
  operations: 40,
  intentions: 30,
  refused: 2,
  cycles: 0.3,
  skeletons: 4,
  conflicts: 8,
  united: 2,
  revived: 8,
  orphans: 0.1,
};

/** What these counts of so many runs lack. */
export function lacksOf(counts: Counts, runs: number): string[] {
  return (Object.keys(LEAST) as (keyof Counts)[])
    .filter((what) => counts[what] < Math.floor(LEAST[what] * runs))
    .map((what) => `${counts[what]} ${what} in ${runs} runs are less than ${Math.floor(LEAST[what] * runs)}`);
}

export function sum(all: readonly Counts[]): Counts {
  const total = Object.fromEntries(Object.keys(LEAST).map((what) => [what, 0])) as unknown as Counts;
  for (const counts of all)
    for (const what of Object.keys(total) as (keyof Counts)[]) total[what] += counts[what];
  return total;
}
