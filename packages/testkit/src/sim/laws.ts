/** Whether what must hold does, when a world is at rest. Slow and obvious: everything is read and compared. */
import type { FileVersion, Folder, NodeId } from '@evermesh/core';
import { foldedName } from './naming.ts';
import { diskSight, differences, type Sight, sightOf, treeTroubles } from './observe.ts';
import type { RunningDevice, SimDevice } from './sim-device.ts';
import type { World } from './world.ts';

/** Milliseconds of silence that are watched. */
const SILENCE = 10 * 60_000;
/** Milliseconds between a device's signs of life, and the bytes that one and its answer have at most. */
const SIGN_EVERY = 20_000;
const SIGN_BYTES = 16;

const runningAt = (device: SimDevice): RunningDevice => device.running as RunningDevice;

/**
 * All show the same (L1), each a tree (L3), on disk as well, and a further look finds nothing (L8). Returns what they show: everything is
 * read once, and all that is compared with it is compared with that. Of devices that leave bodies it is what they have; `isEnd`: all of it.
 */
export async function checkAgreement(world: World, isEnd = false): Promise<Sight> {
  const { devices } = world;
  const [first, ...others] = devices as [SimDevice, ...SimDevice[]];
  const { folder } = runningAt(first);
  const expected = await lookAt(world, first);
  for (const trouble of treeTroubles(folder, world.naming)) world.violate('L3', trouble);
  for (const device of others) {
    const left = await leftBy(world, device, folder, isEnd);
    const found = await lookAt(world, device, left);
    const there = left.size === 0 ? expected : await sightOf(folder, left);
    for (const line of differences(there.lines, found.lines))
      world.violate('L1', `${first.name} and ${device.name} show different things: ${line}`);
  }
  for (const device of devices) await checkMirror(world, device, expected);
  return expected;
}

/** What a device's folder shows, which its disk has to show at the same moment. */
async function lookAt(world: World, device: SimDevice, left?: ReadonlySet<NodeId>): Promise<Sight> {
  const { name, files, directory } = device;
  const { folder, mirror } = runningAt(device);
  const sight = await sightOf(folder, left);
  if (files === undefined || mirror === undefined) return sight;
  const lacks = lacksOf(device, sight);
  const compared = (lines: ReadonlyMap<string, string>): string[] =>
    [...lines].flatMap(([path, line]) => (lacks(path) ? [] : [line]));
  for (const line of differences(compared(sight.onDisk), compared(diskSight(files, directory))))
    world.violate('L1', `${name}'s folder (-) and disk (+) differ: ${line}`);
  return sight;
}

/**
 * What of it is not here, and need not be: what nothing was ever fetched of, and contents that are no text, whose record is here. All
 * the rest it has to show like everybody else. In the end it asked for everything, and has what anybody has.
 */
async function leftBy(world: World, device: SimDevice, whole: Folder, isEnd: boolean): Promise<Set<NodeId>> {
  const left = new Set<NodeId>();
  if (device.bodies === 'all') return left;
  const { nodes } = runningAt(device).folder;
  for (const { id } of nodes.all()) {
    if (await nodes.isHere(id)) continue;
    left.add(id);
    if (isEnd && (await whole.nodes.isHere(id)))
      world.violate('L1', `${device.name} asked for ${nodes.pathOf(id)}, and has it not`);
    const isBlob = (await whole.nodes.content(id))?.content.kind === 'blob';
    if (nodes.headsOf(id).size > 0 && !isBlob)
      world.violate('L1', `${device.name} has a part of ${nodes.pathOf(id)}, and leaves the rest`);
  }
  return left;
}

const roomless = ({ running }: SimDevice): string[] =>
  (running?.mirror?.status().problems ?? []).flatMap(({ code, path }) =>
    code === 'NAME_TAKEN' ? [path.normalize('NFC')] : [],
  );

/**
 * Says of a path whether the disk need not show there what the folder does: its mirror tells that there is no room for it, because the
 * folder tells names apart that the disk takes for one. What waits so may be anywhere under the name that it had before.
 */
function lacksOf(device: SimDevice, { onDisk }: Sight): (path: string) => boolean {
  const names = [...onDisk.keys()].map(foldedName);
  const isShort = device.files?.profile.ignoresCase === true && new Set(names).size < names.length;
  const told = isShort ? roomless(device) : [];
  return (path) =>
    told.some((top) => path === top || path.startsWith(`${top}/`)) || (told.length > 0 && !onDisk.has(path));
}

async function checkMirror(world: World, device: SimDevice, sight: Sight): Promise<void> {
  const { name, running } = device;
  const mirror = running?.mirror;
  if (mirror === undefined) return;
  const lacks = lacksOf(device, sight);
  for (const difference of await mirror.verify())
    if (!lacks(difference.path.normalize('NFC')))
      world.violate('L1', `${name} verifies: ${JSON.stringify(difference)}`);
  for (const problem of mirror.status().problems)
    if (problem.code !== 'NAME_TAKEN' || !lacks(problem.path.normalize('NFC')))
      world.violate('L10', `${name} is left with a problem: ${JSON.stringify(problem)}`);
  const again = await mirror.settle();
  if (again > 0) world.violate('L8', `${name} looks once more, and finds ${again} changes`);
}

/** L8: of what one device did while nobody did anything at the others, these make no operations of their own. */
export function checkEchoes(world: World, who: SimDevice | undefined, authors: ReadonlySet<string>): void {
  for (const device of world.devices)
    if (device !== who && authors.has(device.name))
      world.violate('L8', `${device.name} makes operations of what ${who?.name ?? 'nobody'} did`);
}

/** Every letter of what everybody shows is accounted for (L2, L7, L9). */
export function checkLetters(world: World, { texts }: Sight): void {
  for (const { law, what } of world.ledger.judge(texts)) world.violate(law, what);
}

/** What is kept for speed follows from the raw records (L5). What nobody honest wrote may be nonsense, and is named as that. */
export async function checkRecords(world: World): Promise<void> {
  const forged = [...(world.intruder?.forged ?? [])];
  for (const device of world.devices) {
    for (const finding of await runningAt(device).folder.verify()) {
      const isNonsense =
        finding.what === 'record not applied' && forged.some((author) => finding.detail.includes(author));
      if (!isNonsense) world.violate('L5', `${device.name} verifies: ${JSON.stringify(finding)}`);
    }
  }
}

/** Each version that a device lists of a file it can read (L5), and where it fetches everything, without asking anybody. */
export async function checkVersions(world: World): Promise<void> {
  for (const { name, running, bodies } of world.devices) {
    const { folder } = running as RunningDevice;
    for (const { id, kind } of folder.nodes.all()) {
      if (kind === 'directory' || (await folder.nodes.content(id)) === undefined) continue;
      const path = folder.nodes.pathOf(id);
      for (const version of await folder.versions(path)) {
        const bytes = await readVersion(folder, path, version);
        if (bytes === undefined && bodies === 'all')
          world.violate('L5', `${name} lists a version of ${path} of which it has not the bytes`);
        if (bytes !== undefined && bytes.byteLength !== version.size)
          world.violate('L5', `${name} reads a version of ${path} that is not the one it lists`);
      }
    }
  }
}

/** The bytes of an earlier one may be where nobody is asked. */
async function readVersion(
  folder: Folder,
  path: string,
  version: FileVersion,
): Promise<Uint8Array | undefined> {
  try {
    return await folder.readVersion(path, version);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'CONTENT_NOT_HERE') return undefined;
    throw error;
  }
}

/** What an application says must hold: a law of its own. */
export async function checkApplication(world: World): Promise<void> {
  try {
    await world.apps?.check(world.devices.map((device) => runningAt(device).process));
  } catch (error) {
    world.violate('app', (error as Error).message);
  }
}

/** L10: nobody writes any more, and nothing but signs of life is on the wire. */
export async function checkSilence(world: World): Promise<void> {
  const { devices, relays, network, scheduler } = world;
  const written = (): number =>
    [...relays, ...devices].reduce((sum, { disk }) => sum + disk.database.writes, 0);
  const before = written();
  const bytes = network.bytes;
  await scheduler.pass(SILENCE);
  if (written() !== before) world.violate('L10', 'somebody still writes although nothing happens');
  const sent = network.bytes - bytes;
  if (sent > devices.length * relays.length * (SILENCE / SIGN_EVERY) * SIGN_BYTES)
    world.violate('L10', `${sent} bytes were sent although nothing happens`);
}
