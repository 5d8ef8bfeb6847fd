/**
 * `npm run blob-kills -- --runs N --seed S`: kills a process N times while it saves files on a real disk and collects what no version
 * has any more, and reads each time whatever it left. The same store is killed several times. Half of the kills fall while a blob is
 * deleted, some of the others into the opening.
 * Seeds of kills are S, S + 1, ...; where one falls depends on the machine as well.
 */
import { rmSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as after } from 'node:timers/promises';
import { SeededRandom } from '../../../bench/random.ts';
import { bundleProgram } from '../../support/bundle-command.ts';
import { killOptions, say } from '../kill-options.ts';
import { AppendingProcess } from '../log/appending-process.ts';
import { checkBlobs } from './check-blobs.ts';

const PROGRAM = fileURLToPath(new URL('collecting.ts', import.meta.url));
/** Kills of one store. */
const IN_A_ROW = 5;
/** Milliseconds. */
const OPENING = 60;
const WORKING = 1500;
/** How much later than a deletion begins the kill comes. */
const DELETING = 3;

const { runs, seed, keep } = killOptions(
  'blob-kills',
  'kills a process that saves files and collects old contents, and reads whatever it left',
  20,
);

const root = await realpath(await mkdtemp(join(tmpdir(), 'evermesh-blob-kills-')));
let keepsRoot = false;
process.on('exit', () => {
  if (!keepsRoot) rmSync(root, { recursive: true, force: true });
});

const began = performance.now();
const program = await bundleProgram(PROGRAM, join(root, 'program'));
const tally = { kills: 0, opening: 0, deleting: 0, saved: 0, collected: 0, versions: 0, failures: 0 };
let directory = '';
let saved = new Map<number, number>();
const begin = (name: string): void => {
  directory = join(root, name);
  saved = new Map();
};
for (let kill = 0; kill < runs; kill++) {
  if (kill % IN_A_ROW === 0) {
    if (!keepsRoot && directory !== '') await rm(directory, { recursive: true, force: true });
    begin(`store-${seed + kill}`);
  }
  try {
    await killOnce(new SeededRandom(seed + kill));
  } catch (error) {
    tally.failures += 1;
    say(`FAILED, seed ${seed + kill}: ${(error as Error).stack}`);
    if (keep) say(`  Kept: ${directory}`);
    keepsRoot ||= keep;
    // What is wrong with it stays wrong: the next kill begins with another.
    begin(`store-${seed + kill}-anew`);
  }
}

for (const [what, least] of [
  ['deleting', Math.floor(runs / 4)],
  ['saved', runs],
  ['collected', runs],
  ['versions', runs],
] as const) {
  if (tally[what] >= least) continue;
  say(`FAILED: only ${tally[what]} of '${what}', and not ${least}.`);
  tally.failures += 1;
}
say(
  `blob kills: ${tally.kills} kills, ${tally.opening} in the opening, ${tally.deleting} while a blob was deleted, ` +
    `${tally.saved} saves, ${tally.collected} blobs collected, ${tally.versions} versions read, ${tally.failures} failures, ` +
    `seed ${seed}, ${Math.round((performance.now() - began) / 1000)} s`,
);
process.exitCode = tally.failures === 0 && tally.kills > 0 ? 0 : 1;

async function killOnce(random: SeededRandom): Promise<void> {
  const collecting = new AppendingProcess(program, [directory]);
  const isDeleting = random.below(2) === 0;
  const inOpening = !isDeleting && random.below(4) === 0;
  await collecting.said(inOpening ? 1 : 2);
  if (isDeleting) await beganToDelete(collecting);
  await after(random.below(isDeleting ? DELETING : inOpening ? OPENING : WORKING));
  await collecting.kill();
  // What stands behind the last line end was not said to its end.
  const lines = collecting.printed
    .split('\n')
    .slice(0, -1)
    .map((line) => line.split(' '));
  tally.kills += 1;
  if (isDeleting) tally.deleting += 1;
  if (!lines.some(([, what]) => what === 'loaded')) tally.opening += 1;
  for (const [, what, first, second] of lines) {
    if (what === 'collected') tally.collected += Number(first);
    if (what !== 'saved') continue;
    tally.saved += 1;
    saved.set(Number(first), Number(second));
  }
  tally.versions += await checkBlobs(directory, saved);
}

/** Resolves when it said last that it deletes. */
async function beganToDelete(collecting: AppendingProcess): Promise<void> {
  for (let lines = 3; !collecting.printed.endsWith(' deletes\n'); lines++) await collecting.said(lines);
}
