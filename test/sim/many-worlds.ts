/** Worlds one after the other, each from a seed of its own; what fails is made small and kept as a file. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run, type RunOptions, type RunResult, shrink } from '@evermesh/testkit/sim';
import type { ManyWorlds } from './options.ts';
import { Progress } from './progress.ts';
import { fileNameOf, type Regression, regressionOf, textOf } from './regression.ts';
import { Tally } from './tally.ts';

const REGRESSIONS = fileURLToPath(new URL('../regressions', import.meta.url));

interface Failure {
  readonly seed: string;
  readonly violations: RunResult['violations'];
  readonly steps: number;
  readonly file: string;
}

/** Returns the exit code: 1 if a law was broken, or the runs prove less than they should. */
export async function runMany({ seed: first, devices, profile, goal, report }: ManyWorlds): Promise<number> {
  const began = performance.now();
  const tally = new Tally(profile);
  const progress = new Progress(process.stderr);
  const failures: Failure[] = [];
  const share = (): number =>
    'runs' in goal ? tally.runs / goal.runs : Math.min(1, (performance.now() - began) / goal.milliseconds);
  for (let at = first; share() < 1; at++) {
    const options = { seed: String(at), devices, profile };
    const result = await run(options);
    tally.add(result, options.seed);
    if (result.violations.length > 0) {
      progress.clear();
      failures.push(await keep(options, result));
    }
    const { runs, operations } = tally;
    progress.show({
      runs,
      operations,
      failures: failures.length,
      elapsed: performance.now() - began,
      share: share(),
    });
  }
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
    const head = { profile: profile.name, devices, seed: first, runs, operations, seconds };
    const told = { ...head, runsPerSecond, operationsPerSecond, counts: tally.counts, lacks, failures };
    await mkdir(dirname(report), { recursive: true });
    await writeFile(report, `${JSON.stringify(told, null, 2)}\n`);
  }
  return failures.length === 0 && lacks.length === 0 ? 0 : 1;
}

/** Makes the script small, writes it down, and says what broke. */
async function keep(options: RunOptions, { violations, script }: RunResult): Promise<Failure> {
  const kept = await shrink(options);
  const small = regressionOf(options, await run({ ...options, script: kept, trace: true }));
  const file = join(REGRESSIONS, fileNameOf(small));
  await mkdir(REGRESSIONS, { recursive: true });
  await writeFile(file, textOf(small));
  const path = relative(process.cwd(), file);
  say(`FAILED, seed ${options.seed}: ${kept.length} of ${script.length} steps are enough.`);
  for (const { law, what } of violations.slice(0, 5)) say(`  ${law}: ${what}`);
  for (const line of linesOf(small)) say(`  ${line}`);
  say(`  Again: npm run sim -- --replay ${path} --trace`);
  return { seed: options.seed, violations, steps: kept.length, file: path };
}

const linesOf = ({ steps }: Regression): string[] =>
  steps.map(({ id, after, type, does }) => `step ${id}, ${after} ms later, ${type}: ${does.join('; ')}`);

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
