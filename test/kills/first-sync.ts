/**
 * Kills in a first sync. The sender takes in and sends three thousand files and stops; the receiver fetches them from the relay
 * alone, so that whatever the sender called synced has to be there. Sender and receiver are killed on their half of the
 * way, the relay on either.
 */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import type { SeededRandom } from '../../bench/random.ts';
import { readTree, type Tree } from '../support/tree.ts';
import { expectNothingLeftOver, expectPartOf, expectTree, expectVerified } from './checks.ts';
import { ArmedKill, type KillBook, type Victim } from './kill.ts';
import type { KilledDevice, KillWorld } from './kill-world.ts';
import { type Progress, StoreProgress, WrittenFiles } from './progress.ts';
import type { SourceFiles } from './source-files.ts';

/** Points lie between these parts of the whole way, so that a kill is neither before nor after it. */
const EARLIEST = 0.02;
const LATEST = 0.9;
/** Bytes on the wire, and in a store, for each byte of the files: texts are stored once, other contents beside. */
const WIRE = 1.15;
const STORE = 0.75;

interface PlannedKill {
  readonly victim: Victim;
  /** A part of the whole way, or, when killed again, of what is left of it. */
  readonly part: number;
  readonly again: boolean;
  readonly progress: Progress & { close?: () => void };
  /** About how much the whole way is. */
  readonly total: number;
}

export async function killInFirstSync(
  world: KillWorld,
  source: SourceFiles,
  random: SeededRandom,
  book: KillBook,
): Promise<void> {
  const sender = await world.device('sender');
  const receiver = await world.device('receiver');
  await cp(source.directory, sender.directory, { recursive: true, verbatimSymlinks: true });
  const tree = await readTree(sender.directory);
  await world.relay.start();
  const relayStore = (): Progress => new StoreProgress(join(world.relay.data, 'store'));
  const relaySends = random.below(2) === 0;

  const wire = { progress: sender.proxy, total: source.bytes * WIRE };
  const storeOf = (progress: Progress): Measure => ({ progress, total: source.bytes * STORE });
  const sending = [
    ...plan('sender', random, random.below(2) === 0 ? wire : storeOf(new StoreProgress(sender.store))),
    ...(relaySends ? plan('relay', random, random.below(2) === 0 ? wire : storeOf(relayStore())) : []),
  ];
  const folder = await run(world, sender, sending, book);
  await sender.stop();

  receiver.joins(folder);
  const fetched = { progress: receiver.proxy, total: source.bytes * WIRE };
  const files = Object.values(tree).filter((kind) => kind !== 'directory').length;
  const written = { progress: new WrittenFiles(receiver.temporaries), total: files };
  const receiving = [
    ...plan('receiver', random, random.below(2) === 0 ? fetched : written),
    ...(relaySends ? [] : plan('relay', random, fetched)),
  ];
  await run(world, receiver, receiving, book, tree);
  await receiver.stop();
  await world.relay.stop();
  written.progress.close();

  for (const device of [sender, receiver]) await expectTree(device, tree);
  await expectVerified([sender, receiver]);
  await expectNothingLeftOver([sender, receiver], world.relay);
}

interface Measure {
  readonly progress: Progress & { close?: () => void };
  readonly total: number;
}

/** One kill; every third time another one in the recovery from it. */
function plan(victim: Victim, random: SeededRandom, { progress, total }: Measure): PlannedKill[] {
  const part = (): number => EARLIEST + random.next() * (LATEST - EARLIEST);
  const first = { victim, part: part(), again: false, progress, total };
  return random.below(3) === 0 ? [first, { ...first, part: part(), again: true }] : [first];
}

/** Brings one device in step with the relay, with kills on the way. Returns the folder's id. */
async function run(
  world: KillWorld,
  device: KilledDevice,
  planned: readonly PlannedKill[],
  book: KillBook,
  whole?: Tree,
): Promise<string> {
  const { relay } = world;
  let up = device.start();
  const { id } = await up.next('folder');
  for (const { victim, part, again, progress, total } of inOrder(planned)) {
    const begin = again ? progress.now : 0;
    const point = Math.floor(begin + part * Math.max(total - begin, total / 10));
    const isDevice = victim !== 'relay';
    const armed = new ArmedKill(isDevice ? up : relay.running, progress, point);
    const over = up.next('synced').then(
      () => false,
      (error: unknown) => {
        if (isDevice) return armed.fallen.then(() => true);
        throw error;
      },
    );
    const inside = await Promise.race([armed.fallen.then(() => true), over]);
    if (!inside) await armed.now();
    const way = `${armed.at} of about ${Math.floor(total)} ${progress.unit}`;
    const share = `${Math.floor((100 * armed.at) / total)} %`;
    const half = device.name === 'sender' ? 'sending' : 'receiving';
    if (whole !== undefined && isDevice) await expectPartOf(device, whole);
    book.enter({ victim, phase: 'first sync', again, inside, where: `${way} (${share}), ${half}` });
    if (isDevice) up = device.start();
    else await relay.start();
  }
  await up.next('synced');
  for (const { progress } of planned) progress.close?.();
  return id as string;
}

/**
 * By their place on the way: files are written when most of them have been fetched. The second kill of a victim comes
 * right after the first.
 */
function inOrder(planned: readonly PlannedKill[]): PlannedKill[] {
  const place = ({ part, progress }: PlannedKill): number =>
    (progress instanceof WrittenFiles ? 1 : 0) + part;
  const firsts = planned.filter(({ again }) => !again).sort((one, other) => place(one) - place(other));
  return firsts.flatMap((first) => planned.filter(({ victim }) => victim === first.victim));
}
