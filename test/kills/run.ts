/**
 * `npm run kills -- --runs N --seed S`: kills relay, sender and receiver with SIGKILL, N times each, and checks that all of them
 * recover without loss. One world after the other is made, in each of which all three are killed; seeds of worlds are
 * S, S + 1, ..., even ones kill in a first sync and odd ones in a burst of saves, so that `--runs 1 --seed S` repeats one.
 */
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SeededRandom } from '../../bench/random.ts';
import { bundleCommand } from '../support/bundle-command.ts';
import { killInFirstSync } from './first-sync.ts';
import { KillBook } from './kill.ts';
import { killOptions, say } from './kill-options.ts';
import { KillWorld } from './kill-world.ts';
import { killInSaves } from './save-burst.ts';
import { copySourceFiles, type SourceFiles } from './source-files.ts';

/** What waits longer than this waits in vain. */
const LIMIT_MS = 300_000;

const { runs, seed, keep } = killOptions(
  'kills',
  'kills relay, sender and receiver with SIGKILL, each as often as said, and looks whether anything is lost',
  2,
);

let current: KillWorld | undefined;
const root = await realpath(await mkdtemp(join(tmpdir(), 'evermesh-kills-')));
let keepsRoot = false;
process.on('exit', () => {
  if (!keepsRoot) rmSync(root, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.once(signal, () => void (current?.close() ?? Promise.resolve()).then(() => process.exit(130)));
}

const began = performance.now();
const book = new KillBook(say);
const command = await bundleCommand(join(root, 'command'));
const source = await copySourceFiles(join(root, 'source'));
let failures = 0;
for (let worldSeed = seed; worldSeed < seed + runs; worldSeed++) {
  if (!(await liveThrough(worldSeed, source))) failures += 1;
}
for (const line of book.missed) say(`FAILED: ${line}.`);
failures += book.missed.length;
say(book.closingLine({ failures, seed, seconds: (performance.now() - began) / 1000 }));
process.exitCode = failures === 0 ? 0 : 1;

/** One world. Returns whether all was well in it. */
async function liveThrough(worldSeed: number, files: SourceFiles): Promise<boolean> {
  const directory = join(root, `world-${worldSeed}`);
  await mkdir(directory);
  const world = new KillWorld(command, directory);
  const random = new SeededRandom(worldSeed);
  const start = performance.now();
  let inVain = '';
  const limit = setTimeout(() => {
    inVain = `Something was waited for in vain for ${LIMIT_MS / 1000} s.\n  ${world.lastWords}\n`;
    void world.close();
  }, LIMIT_MS);
  current = world;
  try {
    if (worldSeed % 2 === 0) await killInFirstSync(world, files, random, book);
    else await killInSaves(world, random, book);
    say(`seed ${worldSeed}: all there after ${((performance.now() - start) / 1000).toFixed(1)} s`);
    return true;
  } catch (error) {
    say(`FAILED, seed ${worldSeed}: ${inVain}${(error as Error).stack}`);
    say(`  Again: npm run kills -- --runs 1 --seed ${worldSeed} --keep`);
    if (keep) say(`  Kept: ${directory}`);
    keepsRoot ||= keep;
    return false;
  } finally {
    clearTimeout(limit);
    current = undefined;
    await world.close();
    if (!keepsRoot) await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}
