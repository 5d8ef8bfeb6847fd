/**
 * Blobs that somebody waits for and that nobody has any more, by no fault of the product's: every disk that had one is gone. Nothing
 * that a program could do brings them back; a person can, who still finds the old disk.
 */
import type { BlobName, FolderId } from '@evermesh/core';
import { equalBytes, inOnePiece } from '@evermesh/core/base';
import { prefixEnd, wantedBlobPrefix } from '@evermesh/core/log';
import { NO_STEP } from './script.ts';
import type { SimDevice } from './sim-device.ts';
import type { SimDisk } from './sim-disk.ts';
import type { SimRelay } from './sim-relay.ts';
import type { World } from './world.ts';

/** A device, as far as it is looked at. */
type Holder = Pick<SimDevice, 'disk' | 'files'>;

interface Lost<Owner> {
  readonly name: BlobName;
  readonly bytes: Uint8Array;
  /** Whose disk it was on. */
  readonly owner: Owner;
}

interface Places<Owner> {
  readonly relays: readonly Pick<SimRelay, 'disk'>[];
  /** Whoever joined or will. */
  readonly everybody: readonly Owner[];
  readonly folder: FolderId;
}

/** None of them is on any disk, or should be: whoever lost such a one has to answer for it. */
export function lostBlobs<Owner extends Holder>({ relays, everybody, folder }: Places<Owner>): Lost<Owner>[] {
  const disks = [...relays, ...everybody].map(({ disk }) => disk);
  const wanted = new Set(everybody.flatMap(({ disk }) => wantedAt(disk, folder)));
  return [...wanted].flatMap((name) => {
    const owner = everybody.find(({ disk }) => disk.lost.has(name));
    const bytes = owner?.disk.lost.get(name);
    if (owner === undefined || bytes === undefined || disks.some((disk) => disk.shouldHave(name))) return [];
    return everybody.some((device) => isInDirectory(device, bytes)) ? [] : { name, bytes, owner };
  });
}

function wantedAt({ database }: SimDisk, folder: FolderId): BlobName[] {
  const gte = wantedBlobPrefix(folder);
  return database.range({ gte, lt: prefixEnd(gte) }).map(([key]) => key.slice(gte.length) as BlobName);
}

const isInDirectory = ({ files }: Holder, bytes: Uint8Array): boolean =>
  files !== undefined && [...files.walk()].some(([, { data }]) => equalBytes(data, bytes));

/** Their owners copy them from the old disks. The relay asks for what it lacks whenever a folder is opened, so lines break. */
export function bringBack(world: World): void {
  for (const { name, bytes, owner } of lostBlobs(world)) {
    const { running, name: who } = owner;
    if (running === undefined) continue;
    const back = async (): Promise<void> => {
      await running.folder.blobs.write(inOnePiece(bytes));
      world.network.breakLines(who);
    };
    world.trace.count('anomaly', 'a blob went with every disk that had it');
    world.tell('person', who, NO_STEP, `brings back blob ${name} from a disk that is gone`);
    world.begin(back(), who, NO_STEP);
  }
}
