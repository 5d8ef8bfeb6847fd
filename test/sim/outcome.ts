/** What came of one world: plain data, which one process can tell another. A world that fails is made small and kept as a file. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { type Counted, run, type RunOptions, type RunResult, shrink } from '@evermesh/testkit/sim';
import { fileNameOf, type Regression, regressionOf, textOf } from './regression.ts';

export interface Outcome {
  readonly seed: string;
  readonly devices: number;
  readonly operations: number;
  /** How often each thing happened. */
  readonly counts: Readonly<Record<Counted, Readonly<Record<string, number>>>>;
  readonly failure?: Failure;
}

export interface Failure {
  readonly violations: RunResult['violations'];
  /** How many steps the world had, and how many are enough. */
  readonly all: number;
  readonly enough: number;
  /** What these do, a line each. */
  readonly steps: readonly string[];
  /** From the current directory. */
  readonly file: string;
}

/** @param directory where the file of a failure goes */
export async function outcomeOf(options: RunOptions, directory: string): Promise<Outcome> {
  const result = await run(options);
  const { devices, operations, trace } = result;
  const { operation, fault, anomaly, upkeep } = trace.counts;
  const counts = {
    operation: plain(operation),
    fault: plain(fault),
    anomaly: plain(anomaly),
    upkeep: plain(upkeep),
  };
  const outcome = { seed: options.seed, devices, operations, counts };
  return result.violations.length === 0
    ? outcome
    : { ...outcome, failure: await keep(options, result, directory) };
}

const plain = (counts: ReadonlyMap<string, number>): Record<string, number> => Object.fromEntries(counts);

async function keep(
  options: RunOptions,
  { violations, script }: RunResult,
  directory: string,
): Promise<Failure> {
  const kept = await shrink(options);
  const small = regressionOf(options, await run({ ...options, script: kept, trace: true }));
  const file = join(directory, fileNameOf(small));
  await mkdir(directory, { recursive: true });
  await writeFile(file, textOf(small));
  return {
    violations,
    all: script.length,
    enough: kept.length,
    steps: small.steps.map(lineOf),
    file: relative(process.cwd(), file),
  };
}

const lineOf = ({ id, after, type, does }: Regression['steps'][number]): string =>
  `step ${id}, ${after} ms later, ${type}: ${does.join('; ')}`;
