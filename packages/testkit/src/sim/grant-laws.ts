/** Whether a device that may not read or write a folder does neither, while the world goes on. */
import type { Grants } from './grants.ts';
import type { Ledger } from './ledger.ts';
import { textsOf } from './observe.ts';
import type { SimDevice } from './sim-device.ts';
import type { Trace } from './trace.ts';

/** What is counted of grants that are taken away: worlds in which little of it happens prove little. */
export const GRANTS = {
  waits: 'what somebody wrote waits for a grant',
  hidden: 'what others wrote is kept from a device',
} as const;

/** What is looked at. */
interface Granting {
  readonly ledger: Ledger;
  readonly grants: Grants;
  readonly devices: readonly SimDevice[];
  readonly trace: Trace;
  violate(law: string, what: string): void;
}

/**
 * While a device may not write, nothing that is written there meanwhile is anywhere else (L12), and no link says that it is (L5); while it
 * may not read, nothing that others write meanwhile is there (L12).
 */
export async function checkGrants(world: Granting, device: SimDevice): Promise<void> {
  const { ledger, grants, devices, trace } = world;
  const { noWriteSince, noReadSince } = grants.of(device.name);
  if (noWriteSince === undefined) return;
  const own = ledger.typedAfter(noWriteSince).filter(({ who }) => who === device.name);
  const others = ledger.typedAfter(noReadSince ?? Infinity).filter(({ who }) => who !== device.name);
  if (own.some(({ isKept }) => isKept)) {
    trace.count('anomaly', GRANTS.waits);
    for (const link of device.running?.links.values() ?? [])
      if (link.folders().some(({ isSynced }) => isSynced))
        world.violate('L5', `${device.name} says that all is synced, and may not write`);
  }
  if (others.length > 0) trace.count('anomaly', GRANTS.hidden);
  for (const one of devices) {
    const forbidden = one === device ? others : own;
    const texts = forbidden.length === 0 ? '' : await textsAt(one);
    for (const { letter, who } of forbidden)
      if (texts.includes(letter))
        world.violate('L12', `${one.name} has ${letter} of ${who}, and ${device.name} had no right to that`);
  }
}

/** Nothing where no program runs, or it ends meanwhile. */
async function textsAt({ running }: SimDevice): Promise<string> {
  if (running === undefined) return '';
  const over = new Promise<string>((resolve) => running.process.onDeath(() => resolve('')));
  return Promise.race([textsOf(running.folder).catch(() => ''), over]);
}
