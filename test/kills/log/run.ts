/**
 * `npm run log-kills -- --runs N --seed S`: kills a process N times while it appends to a log on a real disk, and looks each time at
 * what it left. The same log is killed several times. Kills fall into its opening or anywhere behind that, some of them when LevelDB
 * begins to write a table.
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
import { AppendingProcess } from './appending-process.ts';
import { checkLog } from './check-log.ts';
import { wasWritingTable } from './level-journal.ts';
import { Promises } from './promises.ts';

const PROGRAM = fileURLToPath(new URL('appending.ts', import.meta.url));
/** Kills of one log. */
const IN_A_ROW = 8;
/** Milliseconds. */
const OPENING = 60;
const WORKING = 1500;

const { runs, seed, keep } = killOptions(
  'log-kills',
  'kills a process that appends to a log, and looks whether all that was acknowledged is there',
  20,
);

const root = await realpath(await mkdtemp(join(tmpdir(), 'evermesh-log-kills-')));
let keepsRoot = false;
process.on('exit', () => {
  if (!keepsRoot) rmSync(root, { recursive: true, force: true });
});

const began = performance.now();
const program = await bundleProgram(PROGRAM, join(root, 'program'));
const tally = { kills: 0, opening: 0, table: 0, acknowledged: 0, failures: 0 };
let promises = new Promises();
let store = '';
/** Kills that the store has lived through. */
let lived = 0;
for (let kill = 0; kill < runs; kill++) {
  if (kill % IN_A_ROW === 0) {
    if (!keepsRoot) await rm(store, { recursive: true, force: true });
    store = join(root, `store-${seed + kill}`);
    promises = new Promises();
    lived = 0;
  }
  try {
    await killOnce(seed + kill);
  } catch (error) {
    tally.failures += 1;
    say(`FAILED, seed ${seed + kill}: ${(error as Error).stack}`);
    if (keep) say(`  Kept: ${store}`);
    keepsRoot ||= keep;
    // What is wrong with it stays wrong: the next kill begins with another.
    store = join(root, `store-${seed + kill}-anew`);
    promises = new Promises();
    lived = 0;
  }
}

for (const [what, least] of [
  ['opening', Math.floor(runs / 20)],
  ['table', Math.floor(runs / 20)],
  ['acknowledged', runs],
] as const) {
  if (tally[what] >= least) continue;
  say(`FAILED: only ${tally[what]} of '${what}', and not ${least}.`);
  tally.failures += 1;
}
say(
  `log kills: ${tally.kills} kills, ${tally.opening} in the opening, ${tally.table} while LevelDB wrote a table, ` +
    `${tally.acknowledged} acknowledgements, ${tally.failures} failures, seed ${seed}, ` +
    `${Math.round((performance.now() - began) / 1000)} s`,
);
process.exitCode = tally.failures === 0 && tally.kills > 0 ? 0 : 1;

async function killOnce(killSeed: number): Promise<void> {
  const random = new SeededRandom(killSeed);
  const inOpening = random.below(3) === 0;
  // A table is written in each opening but the first, and behind it when enough has been gathered.
  const atTable = random.below(4) === 0 && lived > 0;
  const appending = new AppendingProcess(program, [store, String(killSeed)]);
  await appending.said(inOpening ? 1 : 2);
  if (atTable) {
    await appending.killAt(store, '.ldb');
  } else {
    await after(random.below(inOpening ? OPENING : WORKING));
    await appending.kill();
  }
  const before = promises.count;
  promises.hear(appending.printed);
  tally.kills += 1;
  tally.acknowledged += promises.count - before;
  if (!promises.hasLoaded) tally.opening += 1;
  if (await wasWritingTable(store)) tally.table += 1;
  await checkLog(store, promises);
  lived += 1;
}
