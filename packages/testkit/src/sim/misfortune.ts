/** What befalls machines and networks. What it may take with it is excused here, and nothing else is. */
import type { FolderId } from '@evermesh/core';
import { checkGrants } from './grant-laws.ts';
import type { Grants } from './grants.ts';
import type { Inode } from './inode.ts';
import type { Ledger } from './ledger.ts';
import type { Scheduler } from './scheduler.ts';
import type { Seeded } from './seeded.ts';
import type { Step } from './script.ts';
import { type Copy, copyOf } from './latecomer.ts';
import { lettersIn } from './letters.ts';
import { isPossible } from './possible.ts';
import { DIRECTORY, type SimDevice } from './sim-device.ts';
import type { SimFiles } from './sim-files.ts';
import type { SimNetwork } from './sim-network.ts';
import type { SimRelay } from './sim-relay.ts';
import type { Trace } from './trace.ts';

/** Of a folder: worlds of a hundred operations fill this, and most fill half of it. */
const MOST_QUOTA = 20_000;

/** What a misfortune needs of the world. */
export interface Afflicted {
  readonly relays: readonly SimRelay[];
  readonly devices: readonly SimDevice[];
  readonly network: SimNetwork;
  readonly scheduler: Scheduler;
  readonly ledger: Ledger;
  readonly trace: Trace;
  readonly folder: FolderId;
  readonly grants: Grants;
  stick: readonly Copy[];
  /** For the trace: what befell a machine, by which step. */
  tell(type: 'misfortune', who: string, step: number, what: string): void;
  violate(law: string, what: string): void;
  /** Runs something that may never end. */
  begin(work: Promise<void>, who: string, step: number): void;
}

export async function befall(world: Afflicted, step: Step, device: SimDevice, random: Seeded): Promise<void> {
  const { relays, network } = world;
  const relay = random.fork('relay').pick(relays);
  const { type } = step;
  const { name } = type.startsWith('relay') ? relay : device;
  if (!isPossible(world, type, device, relay)) return;
  world.trace.count('fault', type);
  world.tell('misfortune', name, step.id, type);
  switch (type) {
    case 'long wait':
      return world.scheduler.pass(3_600_000 * (1 + random.below(3)));
    case 'copy directory':
      if (device.files !== undefined) world.stick = copyOf(device.files, DIRECTORY);
      return;
    case 'stop':
      // It may take long while the network is away; nobody waits for it.
      world.begin(device.stop(), device.name, step.id);
      return;
    case 'start':
      world.begin(device.start(world.folder), device.name, step.id);
      return;
    case 'kill':
      return device.process?.kill();
    case 'kill later':
      return killLater(world, device, step, random);
    case 'power cut':
      return powerCut(world, device, random);
    case 'cut off':
      return network.cutOff(device.name);
    case 'reach again':
      return network.reachAgain(device.name);
    case 'break lines':
      network.breakLines(random.chance(0.5) ? device.name : relay.name);
      return;
    case 'back up':
      return device.backUp();
    case 'roll back':
      return rollBack(world, device);
    case 'clone':
      return clone(world, device, random);
    case 'disk fails':
      return device.disk.database.breaks(1 + random.below(3));
    case 'disk goes wrong':
      return goWrong(world, device, step, random);
    case 'disk is full':
      return device.trouble.fill(random.below(300), random.pick(['ENOSPC', 'EDQUOT']));
    case 'disk is well':
      return device.heal();
    case 'store is full':
      return device.disk.database.fill(random.below(3000));
    case 'store has room':
      return makeRoom(device, world.trace);
    case 'right is taken':
      return device.takeRight(random);
    case 'rights are given':
      return device.giveRights();
    case 'wrong clock':
      device.machine.clockError = Math.floor((random.float() - 0.5) * 6e11);
      return;
    case 'grant is taken':
    case 'grant is given back':
      return changeGrant(world, device, step, random);
    case 'visit':
      return device.visit(relays.filter((one) => one === relay || random.chance(0.3)));
    case 'relay stop':
      world.begin(relay.stop(), relay.name, step.id);
      return;
    case 'relay start':
      world.begin(relay.start(), relay.name, step.id);
      return;
    case 'relay kill':
      return relay.process?.kill();
    case 'relay kill later':
      return killLater(world, relay, step, random);
    case 'relay power cut':
      return powerCut(world, relay, random);
    case 'relay back up':
      return relay.backUp();
    case 'relay back up at rest':
      world.begin(backUpAtRest(relay), relay.name, step.id);
      return;
    case 'relay restore':
      relay.process?.kill();
      relay.restore();
      return;
    case 'relay store is full':
      return relay.disk.database.fill(random.below(3000));
    case 'relay store has room':
      return makeRoom(relay, world.trace);
    case 'relay has a quota':
      world.begin(relay.limit(random.below(MOST_QUOTA)), relay.name, step.id);
      return;
    case 'relay has no quota':
      world.begin(relay.limit(undefined), relay.name, step.id);
      return;
    case 'relay wipe':
      relay.process?.kill();
      relay.wipe();
      return;
    default:
      throw new Error(`Nobody knows how ${type} happens.`);
  }
}

/** Write becomes read or nothing, and read nothing; and the other way round. What held until then is looked at first. */
async function changeGrant(
  world: Afflicted,
  device: SimDevice,
  { type, id }: Step,
  random: Seeded,
): Promise<void> {
  await checkGrants(world, device);
  const { grants, scheduler } = world;
  const [half, whole] =
    type === 'grant is taken' ? (['read', 'none'] as const) : (['read', 'write'] as const);
  const isHalf = grants.of(device.name).grant !== half && random.chance(0.5);
  const grant = isHalf ? half : whole;
  grants.grant(device.name, grant, scheduler.now);
  world.tell('misfortune', device.name, id, `may ${grant === 'none' ? 'do nothing' : grant}`);
}

export type Place = Pick<SimDevice, 'process' | 'disk' | 'name'> & {
  readonly files?: SimFiles | undefined;
};

/** Something of what a mirror uses fails: a path in its directory, that itself, or what it has there of its own. */
function goWrong(
  world: Afflicted,
  { files, trouble, lookedAt, name, directory }: SimDevice,
  step: Step,
  random: Seeded,
): void {
  if (files?.look(directory) === undefined) return;
  const entries = [...files.walk(files.find(directory))];
  const [path, inode] = random.chance(0.05) ? ['', files.find(directory)] : random.pick(entries);
  const at = path === '' ? directory : `${directory}/${path}`;
  const { code, acts, isDeep } = trouble.begin(at, inode.kind === 'directory', random);
  lookedAt.blind('disk');
  world.tell(
    'misfortune',
    name,
    step.id,
    `${code} of ${acts.join(', ')} at ${at}${isDeep ? ' and below' : ''}`,
  );
}

/** A program gives up a store that failed: it is started anew, as its message says. */
export function makeRoom({ disk, process }: Place, trace: Trace): void {
  if (!disk.database.mend()) return;
  trace.count('anomaly', 'a store failed');
  process?.kill();
}

/** In the middle of something: before or after a call that it makes. */
function killLater(world: Afflicted, place: Place, { id }: Step, random: Seeded): void {
  const { process } = place;
  if (process === undefined) return;
  const isPowerCut = random.chance(0.3);
  process.killAt(1 + random.below(30), random.chance(0.5), () => {
    world.trace.count('fault', 'killed in the middle');
    world.tell('misfortune', place.name, id, isPowerCut ? 'power cut in the middle' : 'kill in the middle');
    process.kill();
    if (isPowerCut) powerCut(world, place, random);
  });
}

function powerCut(world: Afflicted, place: Place, random: Seeded): void {
  place.process?.kill();
  place.disk.database.powerCut((count) => random.below(count + 1));
  const { files } = place;
  if (files === undefined) return;
  const before = lettersOn(files);
  const damaged = files.powerCut(random);
  // An editor clears away what it did not come to put in its place.
  for (const [path] of [...files.walk()]) if (path.endsWith('.tmp~')) files.unlink(path);
  const after = new Set(lettersOn(files).flatMap(([, letters]) => letters));
  const there = new Map(files.walk());
  const left = new Set(there.values());
  const cutOff = (letters: readonly string[], { data }: Inode): void => {
    // Nothing tells what is left of a file from what somebody saved: what everybody has of it goes with it.
    const whole = new Set(lettersIn(new TextDecoder().decode(data)));
    const cut = letters.filter((letter) => !whole.has(letter));
    world.ledger.replaced(cut.join(''), '', `cut off when the power failed at ${place.name}`);
    // Cut in the middle of a letter it is no text any more, and stands beside the text that others have.
    if (!isText(data)) world.ledger.copied(new Set([...letters, ...whole]));
  };
  for (const [inode, letters, path] of before) {
    const lost = letters.filter((letter) => !after.has(letter));
    world.ledger.excuse(lost, 'a program had not synced it when the power failed');
    world.ledger.undone(lost, place.name);
    // That what was there before was removed is on the disk, and what was made in its place is not.
    if (inode.isMadeAnew && !left.has(inode))
      world.ledger.replaced(lost.join(''), '', `made anew before the power failed at ${place.name}`);
    // What it was saved over may be back under its name, and be damaged itself.
    const found = inode.isDamaged && left.has(inode) ? inode : there.get(path);
    if (found?.isDamaged === true) cutOff(letters, found);
  }
  // What was moved, and then saved over, may be back under a name that it had before.
  const seen = new Set(before.map(([inode]) => inode));
  for (const [inode, held] of damaged)
    if (left.has(inode) && !seen.has(inode)) cutOff(lettersIn(new TextDecoder().decode(held)), inode);
}

function isText(data: Uint8Array): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(data);
    return true;
  } catch {
    return false;
  }
}

/** What each file in the directory holds. */
function lettersOn(files: SimFiles): [Inode, string[], path: string][] {
  const decoder = new TextDecoder();
  return [...files.walk()].flatMap(([path, inode]): [Inode, string[], string][] =>
    inode.kind !== 'directory' && !path.includes('.evermesh/')
      ? [[inode, lettersIn(decoder.decode(inode.data)), path]]
      : [],
  );
}

/** Whoever makes backups stops the program for that: it does not know later that it was set back to one. */
async function backUpAtRest(relay: SimRelay): Promise<void> {
  await relay.stop();
  relay.backUp();
  await relay.start();
}

/** A device is set back: what its person did since everybody last had everything was only here, for all that anybody knows. */
function rollBack(world: Afflicted, device: SimDevice): void {
  device.process?.kill();
  device.restore();
  world.ledger.setBack(device.name, 'the device was set back');
}

/**
 * The data directory of another device, which may run, takes the place of this one's: as when somebody sets up a computer by
 * copying one. From then on both are the same device, at one time. What is in a mirrored directory stays, and joins again.
 */
function clone(world: Afflicted, device: SimDevice, random: Seeded): void {
  const others = world.devices.filter((other) => other !== device);
  const { disk, name } = random.pick(others);
  device.process?.kill();
  device.become(disk.copy());
  const { files, machine } = device;
  // What a program is in the middle of saving is in the directory when the mirror that joins looks at it.
  const onDisk =
    files === undefined
      ? []
      : lettersOn(files).flatMap(([{ saving = '' }, letters]) => [...letters, ...lettersIn(saving)]);
  // What was in the folder only, and not in the directory yet, is gone with the data directory; the rest is found there again.
  world.ledger.setBack(machine.name, `the device became a copy of ${name}`, new Set(onDisk));
  world.ledger.copied(onDisk);
}
