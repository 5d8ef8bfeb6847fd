/**
 * `npm run ack-kills -- --runs N --seed S`: kills a relay N times, half of them between a PUT and its ACK, half at an ACK with further PUTs
 * on their way, and looks each time whether it holds all that it acknowledged. Two devices put at once, so that ACKs share a synced batch;
 * a relay lives through several kills. Seeds of kills are S, S + 1, ...; where in the window one falls depends on the machine as well.
 */
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type FolderId, newFolderId, systemRandom } from '@evermesh/core/base';
import { SeededRandom } from '../../../bench/random.ts';
import { bundleCommand } from '../../support/bundle-command.ts';
import { homeOf } from '../../support/home.ts';
import { EvermeshProcess } from '../../support/process.ts';
import { killOptions, say } from '../kill-options.ts';
import { checkPromises } from './check-promises.ts';
import { PuttingDevice } from './putting-device.ts';

/** Kills of one relay. */
const IN_A_ROW = 8;
/** PUTs of each device that are on their way at a kill. */
const AT_ONCE = 12;
/** Microseconds behind the last PUT within which a relay is killed, about as long as an answer takes: a sync, and the pause before it. */
const WINDOW = 8000;

const { runs, seed, keep } = killOptions(
  'ack-kills',
  'kills a relay around its answers to what was put, and looks whether it holds all that it acknowledged',
  20,
);

const root = await realpath(await mkdtemp(join(tmpdir(), 'evermesh-ack-kills-')));
let keepsRoot = false;
let running: EvermeshProcess | undefined;
process.on('exit', () => {
  running?.kill('SIGKILL');
  if (!keepsRoot) rmSync(root, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(130));

const began = performance.now();
const command = await bundleCommand(join(root, 'command'));
const tally = { kills: 0, before: 0, after: 0, acknowledged: 0, unacknowledged: 0, failures: 0 };
for (let first = 0; first < runs; first += IN_A_ROW) {
  const home = join(root, `relay-${seed + first}`);
  await mkdir(home);
  try {
    await liveThrough(home, seed + first, Math.min(IN_A_ROW, runs - first));
    await rm(home, { recursive: true, force: true });
  } catch (error) {
    running?.kill('SIGKILL');
    tally.failures += 1;
    say(`FAILED, seed ${seed + first}: ${(error as Error).stack}`);
    if (keep) say(`  Kept: ${home}`);
    keepsRoot ||= keep;
  }
}
for (const where of ['before', 'after'] as const) {
  const least = Math.floor(runs / 4);
  if (tally[where] >= least) continue;
  say(`FAILED: only ${tally[where]} kills fell ${where} an ACK, and not ${least}.`);
  tally.failures += 1;
}
say(
  `ack kills: ${tally.kills} kills, ${tally.before} between a PUT and its ACK, ${tally.after} at an ACK; ` +
    `${tally.acknowledged} records acknowledged, ${tally.unacknowledged} kept that were not, ` +
    `${tally.failures} failures, seed ${seed}, ${Math.round((performance.now() - began) / 1000)} s`,
);
process.exitCode = tally.failures === 0 && tally.kills > 0 ? 0 : 1;

/** One relay, killed so many times. */
async function liveThrough(home: string, first: number, kills: number): Promise<void> {
  const folder = newFolderId(systemRandom);
  const devices = [new SeededRandom(first), new SeededRandom(first + 1e6)].map(
    (random) => new PuttingDevice(folder, random),
  );
  for (let kill = 0; kill < kills; kill++) {
    await begin(home, devices, folder);
    await killOnce(devices, new SeededRandom(first + kill));
    tally.kills += 1;
  }
  await begin(home, devices, folder);
  for (const device of devices) await device.leave();
  await running?.stop();
  tally.acknowledged += devices.reduce((count, { acknowledged }) => count + acknowledged, 0);
}

/** Starts the relay with what it left, checks that, and brings it what it lacks. */
async function begin(home: string, devices: readonly PuttingDevice[], folder: FolderId): Promise<void> {
  const args = [
    'relay',
    '--json',
    '--allow-everyone',
    '--listen',
    '127.0.0.1:0',
    '--data',
    join(home, 'data'),
  ];
  running = new EvermeshProcess(args, { command, env: homeOf(home), cwd: home });
  const url = (await running.next('listening'))['url'] as string;
  // Both look before either puts anything.
  const looks = await Promise.all(devices.map((device) => device.connect(url)));
  const [more = 0] = looks.map((held) => checkPromises(devices, held));
  tally.unacknowledged += more;
  for (const device of devices) device.repeat();
  for (const device of devices) await device.settled();
  const witness = new PuttingDevice(folder, new SeededRandom(0));
  checkPromises(devices, await witness.connect(url));
  await witness.leave();
}

async function killOnce(devices: readonly PuttingDevice[], random: SeededRandom): Promise<void> {
  const relay = running as EvermeshProcess;
  const atAck = random.below(2) === 0;
  let due = 1 + random.below(AT_ONCE);
  let isKilled = false;
  const kill = (): void => {
    isKilled = true;
    relay.kill('SIGKILL');
  };
  for (const device of devices)
    device.onAck = () => {
      due -= 1;
      if (atAck && due === 0) kill();
    };
  let left: Promise<unknown> = Promise.resolve();
  for (let put = 0; put < AT_ONCE; put++)
    left = Promise.all([left, ...devices.map((device) => device.putNew())]);
  await left;
  if (!atAck && !isKilled) {
    // Nothing that the relay says is heard meanwhile.
    const until = performance.now() + random.below(WINDOW) / 1000;
    while (performance.now() < until);
    kill();
  }
  await relay.ended;
  await Promise.all(devices.map((device) => device.over()));
  const isOpen = devices.some(({ acknowledged, sent }) => acknowledged < sent.length);
  if (atAck) tally.after += 1;
  else if (isOpen) tally.before += 1;
}
