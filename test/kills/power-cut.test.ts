/**
 * The power goes while devices and relay work: what was acknowledged before is there afterwards. `CUTS` is how often. The last
 * test takes the syncing away and must see a loss, or the others prove nothing.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { levelStore } from '@evermesh/adapters/level';
import { type FolderId, openReplica } from '@evermesh/core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { SeededRandom } from '../../bench/random.ts';
import { bundleCommand } from '../support/bundle-command.ts';
import { readTree } from '../support/tree.ts';
import { expectNothingLeftOver, expectVerified } from './checks.ts';
import { expectInStep, KillWorld } from './kill-world.ts';
import { Saver } from './saver.ts';
import { whyNoXfs, XfsDisk } from './xfs-disk.ts';

const CUTS = Number(process.env['CUTS'] ?? 5);
const SEED = Number(process.env['PROP_SEED'] ?? 1);
/** Acknowledged writes before the power goes. */
const WRITES = 200;
const WRITER = fileURLToPath(new URL('flushing-writer.ts', import.meta.url));

const missing = await whyNoXfs();
// Reporters do not show why something was skipped.
if (missing !== undefined) process.stderr.write(`Power cuts are not tried: ${missing}.\n`);

test.skipIf(missing !== undefined && process.env['CI'] !== 'true')('power cuts can be tried', () => {
  expect(missing).toBeUndefined();
});

async function openDisk(): Promise<XfsDisk> {
  const disk = await XfsDisk.open();
  onTestFinished(() => disk.remove());
  return disk;
}

/** Writes and flushes, then cuts the power. Returns which of the acknowledged writes are gone afterwards. */
async function lostWrites(mode: 'synced' | 'unsynced'): Promise<{ acknowledged: number; lost: string[] }> {
  const disk = await openDisk();
  const store = join(disk.path, 'store');
  const args = ['--conditions=@evermesh/source', '--import', 'tsx', WRITER, store, mode];
  const writer = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(writer, 'close');
  const told: string[] = [];
  for await (const line of createInterface({ input: writer.stdout })) {
    told.push(line);
    if (told.length === WRITES) break;
  }
  const [id, ...numbers] = [...told];
  await disk.cut();
  writer.kill('SIGKILL');
  await ended;
  await disk.unmount();
  await disk.mount();
  try {
    const replica = await openReplica({ store: levelStore(store) });
    try {
      const folder = await replica.folder(id as FolderId);
      const lost: string[] = [];
      for (const number of numbers) {
        const text = await folder.readFile(`${number}.txt`, 'utf8').catch(() => undefined);
        if (text !== `number ${number}\n`) lost.push(number);
      }
      return { acknowledged: numbers.length, lost };
    } finally {
      await replica.close();
    }
  } catch (error) {
    if (mode === 'synced') throw error;
    // The store, or the folder in it, is not there at all.
    return { acknowledged: numbers.length, lost: numbers };
  }
}

/**
 * A relay and two devices under load, a cut at a point that the seed draws, and everything that follows from it.
 * @param apart whether the sender's directory is on a disk of its own. On one disk the syncing of the store takes the names of
 *   the person's files with it; on two, a file that nobody synced is gone altogether.
 */
async function cutUnderLoad(command: string, seed: number, apart: boolean): Promise<number> {
  const random = new SeededRandom(seed);
  const disk = await openDisk();
  const drive = apart ? await openDisk() : disk;
  const world = new KillWorld(command, disk.path);
  onTestFinished(() => world.close());
  const sender = await world.device('sender', join(drive.path, 'files'));
  const receiver = await world.device('receiver');
  const drafts = join(drive.path, 'drafts');
  await mkdir(drafts);
  const saver = new Saver(sender.directory, drafts, random);
  while (saver.saves < 50) await saver.save();
  await world.relay.start();
  const up = sender.start();
  const { id } = await up.next('folder');
  await up.next('synced');
  receiver.joins(id as string);
  await receiver.start().next('synced');

  // Some saves are promised by an answer, others are on their way when the power goes.
  for (let rounds = 1 + random.below(3); rounds > 0; rounds--) {
    for (let saves = random.below(60); saves > 0; saves--) await saver.save();
    const { marks } = saver;
    expectInStep(await sender.ask().ended, 'sender');
    saver.promise(marks);
  }
  for (let saves = 30; saves > 0; saves--) await saver.save();
  if (random.below(2) === 0) await up.next('change');
  saver.heard(up.events);
  const disks = new Set([disk, drive]);
  for (const one of disks) await one.cut();
  await world.killAll();
  for (const one of disks) {
    await one.unmount();
    await one.mount();
  }

  // The relay alone, and then everybody.
  await world.relay.start();
  const witness = await world.device('witness');
  witness.joins(id as string);
  expectInStep(await witness.sync().ended, 'witness');
  expect(await saver.brokenPromises(witness.directory), 'promises at the relay').toEqual([]);
  for (const device of [sender, receiver, sender]) expectInStep(await device.sync().ended, device.name);
  await world.relay.stop();
  for (const { name, directory } of [sender, receiver])
    expect(await saver.brokenPromises(directory), `promises on ${name}`).toEqual([]);
  expect(await readTree(receiver.directory)).toEqual(await readTree(sender.directory));
  await expectVerified([sender, receiver]);
  await expectNothingLeftOver([sender, receiver], world.relay, true);
  return saver.promised;
}

describe.skipIf(missing !== undefined)('when the power goes', () => {
  test('what a device and its relay called synced is on both, and they come into step', async () => {
    const root = await realpath(await mkdtemp(join(tmpdir(), 'evermesh-bundle-')));
    onTestFinished(() => rm(root, { recursive: true, force: true }));
    const command = await bundleCommand(root);
    let promised = 0;
    for (let cut = 0; cut < CUTS; cut++) promised += await cutUnderLoad(command, SEED + cut, cut % 2 === 1);
    expect(promised).toBeGreaterThan(CUTS * 50);
  });

  test('what flush promised is there', async () => {
    for (let cut = 0; cut < CUTS; cut++) {
      const { acknowledged, lost } = await lostWrites('synced');
      expect(acknowledged).toBe(WRITES - 1);
      expect(lost).toEqual([]);
    }
  });

  test('a store that is not synced loses what was promised: the power really goes', async () => {
    const { acknowledged, lost } = await lostWrites('unsynced');
    expect(acknowledged).toBe(WRITES - 1);
    expect(lost.length).toBeGreaterThan(0);
  });
});
