/**
 * `npm run mutants`: plants mistakes in copies of the product, one at a time, and says how many simulated worlds it took until a
 * law was broken, or how many runs of `npm run tree` until one of its invariants was. A mutant that is not caught makes it fail; so does the product itself, when worlds with the same seeds break laws
 * in it.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Catch } from './hunt.ts';
import { type Mutant, partOf, readMutants } from './mutant.ts';
import { copyBroken, copyProduct, HUNT, HUNT_TREE } from './product.ts';

const HELP = `npm run mutants -- [options]

  --only NAME     mutants whose names contain this
  --part K/N      every Nth mutant, beginning with the Kth; K may be above N (default 0/1)
  --runs N        worlds for each mutant at most (default 2000)
  --seed S        the first world's seed, a whole number (default 1)
  --jobs N        how many at a time (default: as many as there are processors)
  --help
`;

const say = (line: string): void => {
  // oxlint-disable-next-line no-console -- a program, whose output this is
  console.log(line);
};

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    part: { type: 'string', default: '0/1' },
    runs: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    jobs: { type: 'string', default: String(availableParallelism()) },
    help: { type: 'boolean', default: false },
  },
});

const children = new Set<ChildProcess>();
const root = await realpath(await mkdtemp(join(tmpdir(), 'evermesh-mutants-')));
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(root, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));

if (values.help) say(HELP);
else await main();

async function main(): Promise<void> {
  const began = performance.now();
  const most = wholeNumber('runs', values.runs);
  const seed = wholeNumber('seed', values.seed);
  const jobs = Math.max(1, wholeNumber('jobs', values.jobs));
  const named = (await readMutants()).filter(({ name }) => name.includes(values.only));
  const mutants = partOf(named, values.part);
  const product = join(root, 'product');
  await copyProduct(product);
  let caught = 0;
  /** Worlds that a mutant of each profile took: the product has to live through as many. */
  const lived = new Map<string | undefined, number>();
  await eachOf(mutants, jobs, async (mutant) => {
    const runs = await hunted(mutant, product, { seed, most });
    if (runs === undefined) return;
    caught += 1;
    const { profile } = mutant;
    lived.set(profile, Math.max(runs, lived.get(profile) ?? 0));
  });
  let isSound = true;
  await eachOf([...lived], jobs, async ([profile, runs]) => {
    const { violation, runs: at } = await hunt(product, profile, [String(seed), String(runs)]);
    const where = profile ?? 'the tree';
    isSound &&= violation === undefined;
    if (violation === undefined) say(`control: ${runs} runs of ${where} without a mutant break no law`);
    else
      say(
        `FAILED: without a mutant, seed ${seed + at - 1} of ${where} breaks ${violation.law}: ${violation.what}`,
      );
  });
  say(`mutants: ${caught} caught of ${mutants.length}, seed ${seed}, ${secondsSince(began)} s`);
  process.exitCode = caught === mutants.length && isSound ? 0 : 1;
}

/** Returns how many worlds it took, or nothing if it was not caught. */
async function hunted(
  { name, patch, laws, profile }: Mutant,
  product: string,
  { seed, most }: { readonly seed: number; readonly most: number },
): Promise<number | undefined> {
  const began = performance.now();
  const directory = join(root, name);
  try {
    await copyBroken(product, directory, patch);
    const args = [String(seed), String(most), laws.join(',')];
    const { violation, runs, others } = await hunt(directory, profile, args);
    const took = `${runs} runs of ${profile ?? 'the tree'}, ${secondsSince(began)} s`;
    if (violation === undefined) {
      const before = others.length === 0 ? '' : `, although ${others.join(', ')} broke`;
      say(`FAILED: ${name} survived: ${took}${before}`);
      return undefined;
    }
    say(`${name}: caught by ${violation.law}, ${took}: ${violation.what.split('\n', 1)[0] ?? ''}`);
    return runs;
  } catch (error) {
    say(`FAILED: ${name}: ${(error as Error).message}`);
    return undefined;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** Runs the simulator of a copy, or without a profile its tree. @throws what it says if it ends otherwise than with a `Catch` */
function hunt(directory: string, profile: string | undefined, args: readonly string[]): Promise<Catch> {
  const program =
    profile === undefined ? ['--conditions=@evermesh/source', HUNT_TREE, ...args] : [HUNT, profile, ...args];
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', ...program], { cwd: directory });
    children.add(child);
    let out = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
    child.on('close', (code) => {
      children.delete(child);
      if (code === 0) resolve(JSON.parse(out.trim().split('\n').at(-1) ?? '') as Catch);
      else reject(new Error(`The simulator ended with ${code}.\n${complaint}`));
    });
  });
}

async function eachOf<Item>(
  items: readonly Item[],
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const waiting = [...items];
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await work(next);
  };
  await Promise.all(Array.from({ length: atOnce }, worker));
}

function secondsSince(began: number): number {
  return Math.round((performance.now() - began) / 1000);
}

function wholeNumber(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`--${name} takes a whole number.`);
  return value;
}
