/** What can befall whom: what could not happen is not counted. */
import type { StepType } from './script.ts';
import type { SimDevice } from './sim-device.ts';
import type { Grants } from './grants.ts';
import type { SimNetwork } from './sim-network.ts';
import type { SimRelay } from './sim-relay.ts';

interface Places {
  readonly relays: readonly SimRelay[];
  readonly devices: readonly SimDevice[];
  readonly network: SimNetwork;
  readonly grants: Grants;
}

/** @param relay that it befalls, or beside which it befalls the device */
export function isPossible(places: Places, type: StepType, device: SimDevice, relay: SimRelay): boolean {
  return canHappen(places, type, device, relay) && !takesTheLast(places, type, device, relay);
}

/** What does not run is not killed. */
function canHappen({ network, grants }: Places, type: StepType, device: SimDevice, relay: SimRelay): boolean {
  switch (type) {
    case 'stop':
      return device.running !== undefined;
    case 'kill':
    case 'kill later':
      return device.process !== undefined;
    case 'cut off':
      return network.reaches(device.name, relay.name);
    case 'reach again':
      return !network.reaches(device.name, relay.name);
    case 'roll back':
      return device.hasBackup;
    case 'clone':
      return device.isMarked;
    case 'store has room':
      return device.disk.database.isFull;
    case 'relay store has room':
      return relay.disk.database.isFull;
    case 'disk is well':
      return !device.trouble.isOver;
    case 'grant is taken':
      return grants.of(device.name).grant !== 'none';
    case 'grant is given back':
      return grants.of(device.name).grant !== 'write';
    case 'relay has no quota':
      return relay.quota !== undefined;
    case 'relay stop':
      return relay.running !== undefined;
    case 'relay kill':
    case 'relay kill later':
      return relay.process !== undefined;
    default:
      return true;
  }
}

/**
 * Whether no disk would be left of those that have what everybody had at the last rest: then it would be nowhere, and nobody could
 * be blamed for it. One is enough, for the others fetch it from there.
 */
function takesTheLast(
  { relays, devices }: Places,
  type: StepType,
  device: SimDevice,
  relay: SimRelay,
): boolean {
  const rest = restAfter(type, device, relay);
  if (rest === undefined) return false;
  const place = type.startsWith('relay') ? relay : device;
  const others = [...relays, ...devices].filter((one) => one !== place).map(({ disk }) => disk.rest);
  return place.disk.rest > Math.max(rest, ...others);
}

/** The last rest of which the machine has everything if it is set back; `undefined` for what sets none back. */
function restAfter(type: StepType, device: SimDevice, relay: SimRelay): number | undefined {
  switch (type) {
    case 'roll back':
      return device.restOfBackup;
    case 'relay restore':
      return relay.restOfBackup;
    case 'relay wipe':
    case 'clone':
      return 0;
    default:
      return undefined;
  }
}
