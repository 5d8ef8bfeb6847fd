/** Makes the script of a failure small. */
import { shrinkList } from '../shrink-list.ts';
import { run, type RunOptions } from './run.ts';
import type { Step } from './script.ts';

/** Runs that are spent at most. */
const PATIENCE = 400;

/** @returns the shortest script found that breaks one of the laws that `options` breaks; the whole one if it breaks none */
export async function shrink(options: RunOptions): Promise<readonly Step[]> {
  const { violations, script } = await run(options);
  const laws = new Set(violations.map(({ law }) => law));
  if (laws.size === 0) return script;
  const breaks = async (candidate: readonly Step[]): Promise<boolean> => {
    const again = await run({ ...options, script: candidate, trace: false });
    return again.violations.some(({ law }) => laws.has(law));
  };
  return shrinkList(script, breaks, PATIENCE);
}
