/** How a world comes to rest: everything works again, everybody is there, and what is under way arrives. */
import { type Folder, isEvermeshError } from '@evermesh/core';
import { checkGrants } from './grant-laws.ts';
import { bringBack } from './lost-blobs.ts';
import { makeRoom } from './misfortune.ts';
import { ON_DEMAND } from './on-demand.ts';
import type { RunningDevice, SimDevice } from './sim-device.ts';
import { synced } from './synced.ts';
import type { World } from './world.ts';

/** Milliseconds of virtual time in which everything has to come to rest: longer than any pause before another attempt. */
const REST_WITHIN = 10 * 60_000;
/** Milliseconds of waiting after which people look whether what they wait for is anywhere, again and again. */
const LOOK_EVERY = 60_000;
/** Milliseconds after which both ends of a silent line know it. */
const SIGNS_MISSED = 300_000;

/** Nothing more can be said of a world that does not come to rest. */
export class Unsettled extends Error {}

/** @throws Unsettled, with a violation of L10 noted, if it does not in 10 minutes */
export async function rest(world: World): Promise<void> {
  const { relays, devices, network, scheduler } = world;
  const places = [...relays, ...devices];
  world.trace.tell({ type: 'world', at: scheduler.now, who: 'world', what: 'rests' });
  for (const { name } of places) network.reachAgain(name);
  for (const { process } of places) process?.spare();
  world.intruder?.leave();
  for (const device of devices) {
    device.giveRights();
    device.heal();
  }
  for (const device of devices) {
    await checkGrants(world, device);
    if (world.grants.of(device.name).grant !== 'write')
      world.grants.grant(device.name, 'write', scheduler.now);
  }
  for (const place of places) makeRoom(place, world.trace);
  await within(world, 'everybody to be there', async () => {
    for (const relay of relays) if (relay.quota !== undefined) await relay.limit(undefined);
    await Promise.all(relays.map((relay) => relay.start()));
    for (const device of devices) device.visit(relays);
    await Promise.all(devices.map((device) => device.start(world.folder)));
    await Promise.all(devices.map((device) => settle(world, device)));
  });
  // A line that fell silent is believed until signs of life are missed.
  await scheduler.pass(SIGNS_MISSED);
  await within(world, 'all to be in step', async () => {
    await Promise.all(devices.map((device) => settle(world, device)));
  });
}

/** Whoever left something of what files hold asks for all of it. */
export async function fetchEverything(world: World): Promise<void> {
  if (world.devices.every(({ bodies }) => bodies === 'all')) return;
  await rest(world);
  await within(world, 'all to be fetched', async () => {
    for (const device of world.devices) if (device.bodies !== 'all') await fetchAll(world, device);
  });
}

/** All that anybody has: what was lost with a disk that was set back, nobody can fetch. What a relay lacks somebody brings in the end. */
async function fetchAll({ scheduler, trace, devices }: World, { running }: SimDevice): Promise<void> {
  const { folder } = running as RunningDevice;
  const [first] = devices as [SimDevice];
  const whole = (first.running as RunningDevice).folder.nodes;
  const left: string[] = [];
  for (const { id } of folder.nodes.all())
    if (!(await folder.nodes.isHere(id)) && (await whole.isHere(id))) left.push(folder.nodes.pathOf(id));
  for (const path of left) {
    trace.count('anomaly', ON_DEMAND.left);
    await fetched(folder, path, scheduler);
  }
}

async function fetched(folder: Folder, path: string, scheduler: World['scheduler']): Promise<void> {
  for (;;) {
    try {
      return await folder.fetch(path);
    } catch (error) {
      if (!isEvermeshError(error, 'CONTENT_NOT_HERE')) throw error;
      await new Promise<void>((resolve) => {
        scheduler.schedule(1000, resolve);
      });
    }
  }
}

/**
 * Everything of the device is at the relay, and everything of there on its disk. A mirror whose disk failed a moment before all was
 * well may still end for that: it is begun anew.
 */
async function settle(world: World, device: SimDevice): Promise<void> {
  for (;;) {
    await device.start(world.folder);
    const { process } = device;
    const ended = new Promise<boolean>((resolve) => process?.onDeath(() => resolve(true)));
    const settled = settleOnce(world, device).then(() => false);
    if (!(await Promise.race([settled, ended]))) return;
  }
}

async function settleOnce(world: World, device: SimDevice): Promise<void> {
  const links = [...(device.running?.links.values() ?? [])];
  for (const link of links) await synced(link, world.scheduler);
  await device.mirrored();
  await device.running?.mirror?.settle();
  for (const link of links) await synced(link, world.scheduler);
}

/** A bound in virtual time: what takes longer has not settled. */
async function within(world: World, what: string, work: () => Promise<void>): Promise<void> {
  const { scheduler } = world;
  let end: 'settled' | 'late' | undefined;
  const late = new Promise<void>((resolve) => {
    scheduler.schedule(REST_WITHIN, () => {
      end ??= 'late';
      resolve();
    });
  });
  const look = (): void => {
    if (end !== undefined) return;
    bringBack(world);
    scheduler.schedule(LOOK_EVERY, look);
  };
  scheduler.schedule(LOOK_EVERY, look);
  const ended = work().then(() => {
    end ??= 'settled';
  });
  await scheduler.until(() => Promise.race([ended, late]), what);
  if (end === 'settled') return;
  world.violate('L10', `${what} took longer than ${REST_WITHIN / 60_000} minutes`);
  throw new Unsettled(what);
}
