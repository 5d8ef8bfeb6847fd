/**
 * `npm run tree`: what people on several replicas do to one folder's tree, drawn from seeds, until an invariant does not hold. The
 * invariants stand in `packages/core/src/folder/tree.property.test.ts`. Fails, too, if the runs prove less than they should.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { lacksOf, sum } from '../../packages/core/src/folder/testing/tree-run.ts';
import type { Line } from './part.ts';

const HELP = `npm run tree -- [options]

  --runs N   how many runs (default 1000)
  --seed S   the first run's seed, a whole number (default 1); --runs 1 --seed S is that run again
  --jobs N   processes (default 1); changes nothing but how long it takes
  --help
`;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) process.stdout.write(HELP);
else process.exitCode = await main(numberOf('runs'), numberOf('seed'), numberOf('jobs'));

/** Returns the exit code: 1 if an invariant does not hold, or too little happened. */
async function main(runs: number, first: number, jobs: number): Promise<number> {
  const began = performance.now();
  const lines: Line[] = [];
  const told = (line: Line): void => {
    lines.push(line);
    if (line.failure !== undefined) tellFailure(line);
    if (lines.length % Math.max(1, Math.floor(runs / 10)) === 0) say(`${lines.length} runs of ${runs}`);
  };
  const size = Math.ceil(runs / Math.max(1, jobs));
  const parts = Array.from({ length: Math.ceil(runs / size) }, (_, i) => i * size);
  await Promise.all(parts.map((at) => part(first + at, Math.min(size, runs - at), told)));
  const counts = sum(lines.map((line) => line.counts));
  const lacks = lacksOf(counts, runs);
  for (const lack of lacks) say(`FAILED: ${lack}.`);
  const failures = lines.filter(({ failure }) => failure !== undefined).length;
  const { operations, intentions, refused, cycles, skeletons, conflicts, united, revived, orphans } = counts;
  say(
    `shown at checks: ${cycles} cycles, ${skeletons} skeletons, ${conflicts} name conflicts, ${united} united directories,`,
  );
  say(
    `  ${revived} revivals, ${orphans} nodes that wait for their directory; ${refused} operations were refused`,
  );
  const seconds = Math.round((performance.now() - began) / 1000);
  say(
    `tree: ${runs} runs, ${operations} operations, ${intentions} intentions checked, ${failures} failures, seed ${first}, ${seconds} s`,
  );
  return failures === 0 && lacks.length === 0 ? 0 : 1;
}

async function part(first: number, runs: number, told: (line: Line) => void): Promise<void> {
  const args = ['--conditions=@evermesh/source', '--import', 'tsx', `${import.meta.dirname}/part.ts`];
  const child = spawn(process.execPath, [...args, String(first), String(runs)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  for await (const line of createInterface({ input: child.stdout })) told(JSON.parse(line) as Line);
  const code = await ended;
  if (code !== 0) throw new Error(`The runs from seed ${first} on ended with ${code}.`);
}

function tellFailure({ seed, failure }: Line): void {
  const { what = '', script = [] } = failure ?? {};
  say(`FAILED, seed ${seed}: ${what}`);
  for (const happening of script) say(`  ${happening}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function numberOf(name: 'runs' | 'seed' | 'jobs'): number {
  const value = Number(values[name]);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new TypeError(`--${name} takes a whole number from 1.`);
  return value;
}
