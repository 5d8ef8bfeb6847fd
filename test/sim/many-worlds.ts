/** Many worlds, each from a seed of its own: how far they have come, which failed, and what happened in them. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { withSimulators, type Worlds } from './jobs.ts';
import type { ManyWorlds } from './options.ts';
import type { Failure, Outcome } from './outcome.ts';
import { Progress } from './progress.ts';
import { Tally } from './tally.ts';

/** What is asked of one profile. */
type Asked = Omit<ManyWorlds, 'does' | 'profiles' | 'report'> & Pick<Worlds, 'profile'>;

const REGRESSIONS = fileURLToPath(new URL('../regressions', import.meta.url));

/** What came of all worlds of one profile, as the report has it. */
interface Result {
  readonly lacks: readonly string[];
  readonly failures: readonly Failure[];
}

/** Returns the exit code: 1 if a law was broken, or the runs prove less than they should. */
export async function runMany(
  { profiles, report, ...asked }: ManyWorlds,
  directory: string = REGRESSIONS,
): Promise<number> {
  const results: Result[] = [];
  await withSimulators(asked.jobs, async (simulate) => {
    for (const profile of profiles)
      results.push(await runProfile({ ...asked, profile }, simulate, directory));
  });
  if (report !== undefined) {
    await mkdir(dirname(report), { recursive: true });
    await writeFile(report, `${JSON.stringify(results.length === 1 ? results[0] : results, null, 2)}\n`);
  }
  return results.some(({ failures, lacks }) => failures.length + lacks.length > 0) ? 1 : 0;
}

async function runProfile(
  { seed: first, devices, profile, goal, jobs }: Asked,
  simulate: (worlds: Worlds) => Promise<void>,
  directory: string,
): Promise<Result> {
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
  const wants = (begun: number): boolean => share(begun) < 1;
  await simulate({ seed: first, devices, profile, directory, wants, told });
  progress.clear();
  const { runs, operations, lacks, counts } = tally;
  const seconds = (performance.now() - began) / 1000;
  const [runsPerSecond, operationsPerSecond] = [runs / seconds, operations / seconds];
  say(tally.table());
  for (const lack of lacks) say(`FAILED: ${lack}.`);
  say(
    `sim: ${runs} runs of ${profile.name} with ${typeof devices === 'number' ? devices : devices.join(' to ')} devices, ${failures.length} failures, seed ${first}, ` +
      `${runsPerSecond.toFixed(1)} runs/s, ${Math.round(operationsPerSecond)} operations/s, ${Math.round(seconds)} s`,
  );
  const head = { profile: profile.name, devices, seed: first, jobs, runs, operations, seconds };
  const all = { ...head, runsPerSecond, operationsPerSecond, counts, lacks, failures };
  return all;
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
