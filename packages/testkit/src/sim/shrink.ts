/**
 * Makes the script of a failure small: pieces of it are left out, ever smaller ones, for as long as the same law breaks without
 * them (delta debugging: Zeller and Hildebrandt, 2002, without the test of subsets).
 */
import { run, type RunOptions } from './run.ts';
import type { Step } from './script.ts';

/** Runs that are spent at most. */
const PATIENCE = 400;

/** @returns the shortest script found that breaks one of the laws that `options` breaks; the whole one if it breaks none */
export async function shrink(options: RunOptions): Promise<readonly Step[]> {
  const first = await run(options);
  const laws = new Set(first.violations.map(({ law }) => law));
  let script = first.script;
  let left = PATIENCE;
  const breaks = async (candidate: readonly Step[]): Promise<boolean> => {
    left -= 1;
    const { violations } = await run({ ...options, script: candidate, trace: false });
    return violations.some(({ law }) => laws.has(law));
  };
  if (laws.size === 0) return script;
  for (let size = Math.ceil(script.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let at = 0; at < script.length;) {
      if (left <= 0) return script;
      const candidate = [...script.slice(0, at), ...script.slice(at + size)];
      if (await breaks(candidate)) script = candidate;
      else at += size;
    }
  }
  return script;
}
