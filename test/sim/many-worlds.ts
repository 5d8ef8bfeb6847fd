/** Many worlds, each from a seed of its own: how far they have come, which failed, and what happened in them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { simulate } from './jobs.ts';
import type { ManyWorlds } from './options.ts';
import type { Failure, Outcome } from './outcome.ts';
import { Progress } from './progress.ts';
import { Tally } from './tally.ts';

const REGRESSIONS = fileURLToPath(new URL('../regressions', import.meta.url));

/** Returns the exit code: 1 if a law was broken, or the runs prove less than they should. */
export async function runMany(
  { seed: first, devices, profile, goal, jobs, report }: ManyWorlds,
  directory: string = REGRESSIONS,
): Promise<number> {
  const began = performance.now();
  const tally = new Tally(profile);
  const progress = new Progress(process.stderr);
  const failures: (Failure & { readonly seed: string })[] = [];
  const share = (worlds: number): number =>
    'runs' in goal ? worlds / goal.runs : Math.min(1, (performance.now() - began) / goal.milliseconds);
  const told = (outcome: Outcome): void => {
    const { seed, failure } = outcome;
    tally.add(outcome);
    if (failure !== undefined) {
      progress.clear();
      failures.push({ seed, ...failure });
      tell(seed, failure);
    }
    const { runs, operations } = tally;
    const elapsed = performance.now() - began;
    progress.show({ runs, operations, failures: failures.length, elapsed, share: share(runs) });
  };
  await simulate({ seed: first, devices, profile, directory }, jobs, (begun) => share(begun) < 1, told);
  progress.clear();
  const { runs, operations, lacks } = tally;
  const seconds = (performance.now() - began) / 1000;
  const [runsPerSecond, operationsPerSecond] = [runs / seconds, operations / seconds];
  say(tally.table());
  for (const lack of lacks) say(`FAILED: ${lack}.`);
  say(
    `sim: ${runs} runs of ${profile.name} with ${typeof devices === 'number' ? devices : devices.join(' to ')} devices, ${failures.length} failures, seed ${first}, ` +
      `${runsPerSecond.toFixed(1)} runs/s, ${Math.round(operationsPerSecond)} operations/s, ${Math.round(seconds)} s`,
  );
  if (report !== undefined) {
    const head = { profile: profile.name, devices, seed: first, jobs, runs, operations, seconds };
    const all = { ...head, runsPerSecond, operationsPerSecond, counts: tally.counts, lacks, failures };
    await mkdir(dirname(report), { recursive: true });
    await writeFile(report, `${JSON.stringify(all, null, 2)}\n`);
  }
  return failures.length === 0 && lacks.length === 0 ? 0 : 1;
}

function tell(seed: string, { all, enough, violations, steps, file }: Failure): void {
  say(`FAILED, seed ${seed}: ${enough} of ${all} steps are enough.`);
  for (const { law, what } of violations.slice(0, 5)) say(`  ${law}: ${what}`);
  for (const step of steps) say(`  ${step}`);
  say(`  Again: npm run sim -- --replay ${file} --trace`);
}

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
