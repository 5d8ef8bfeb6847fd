/** One world, to be looked at: as lines, as a picture, or only how it ends. */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { run, type RunOptions, type TraceEvent } from '@evermesh/testkit/sim';
import { anomaliesLine } from './anomalies-line.ts';
import { pageOf } from './diagram/page.ts';
import { type OneWorld, WrongArguments } from './options.ts';
import { driftOf, optionsOf, readRegression } from './regression.ts';

interface Subject {
  readonly options: RunOptions;
  /** What is to be said of how far it is what it was. */
  readonly drift: (events: readonly TraceEvent[]) => string[];
}

/** Returns the exit code: 1 if a law was broken. */
export async function showOne({ of, isTold, html }: OneWorld): Promise<number> {
  const { options, drift } = 'file' in of ? await kept(of.file) : seeded(of);
  const { trace, violations, time, events, letters } = await run({ ...options, trace: true });
  if (isTold) process.stdout.write(trace.text());
  if (html !== undefined) {
    await mkdir(dirname(html), { recursive: true });
    await writeFile(html, pageOf(`${options.profile.name}, seed ${options.seed}`, trace, violations));
  }
  for (const line of drift(trace.events)) say(`no longer as it was: ${line}`);
  for (const { law, what } of violations) say(`${law}: ${what}`);
  say(anomaliesLine(trace));
  say(
    `${Math.round(time / 1000)} s of the world, ${events} events, ${letters} letters typed, ${violations.length} violations`,
  );
  return violations.length === 0 ? 0 : 1;
}

const seeded = (of: Exclude<OneWorld['of'], { file: string }>): Subject => ({
  options: { ...of, seed: String(of.seed) },
  drift: () => [],
});

/** @throws WrongArguments if it is not there, or no regression */
async function kept(file: string): Promise<Subject> {
  try {
    const regression = readRegression(await readFile(file, 'utf8'));
    return { options: optionsOf(regression), drift: (events) => driftOf(regression, events) };
  } catch (error) {
    throw new WrongArguments(`--replay ${file}: ${(error as Error).message}`, { cause: error });
  }
}

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};
