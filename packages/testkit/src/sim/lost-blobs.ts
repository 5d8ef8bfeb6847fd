/**
 * Blobs that somebody waits for and that nobody has any more, by no fault of the product's: every disk that had one is gone. Nothing
 * that a program could do brings them back; a person can, who still finds the old disk.
 */
import type { BlobName, FolderId } from '@evermesh/core';
import { equalBytes, inOnePiece, sha256, toHex } from '@evermesh/core/base';
import { blobKey, prefixEnd, wantedBlobPrefix } from '@evermesh/core/log';
import { decodeManifest } from '@evermesh/core/protocol';
import { lettersIn } from './letters.ts';
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

/**
 * Contents in chunks of which what lists the chunks is lost, or one that has letters of its own is on no disk any more, and was on one that
 * is gone: the first, one in the middle, and the last.
 */
export function lostContents<Owner extends Holder & Pick<SimDevice, 'attached'>>(
  places: Places<Owner>,
): { readonly bytes: Uint8Array; readonly owner: Owner }[] {
  const { relays, everybody, folder } = places;
  const contents = everybody.flatMap((owner) => owner.attached.map((bytes) => ({ bytes, owner })));
  const disks = [...relays, ...everybody].map(({ disk }) => disk);
  if (contents.length === 0 || everybody.every(({ disk }) => wantedAt(disk, folder).length === 0)) return [];
  const unlisted = new Set(lostBlobs(places).map(({ bytes }) => decodeManifest(bytes)?.content.name));
  const there = new Set(
    disks.flatMap((disk) => [...disk.blobs.values(), ...smallBlobs(disk)].flatMap(lettersOf)),
  );
  const gone = new Set(disks.flatMap(({ lost }) => [...lost.values()].flatMap(lettersOf)));
  const isLost = (letter: string): boolean => !there.has(letter) && gone.has(letter);
  return contents.filter(
    ({ bytes }) =>
      (unlisted.has(toHex(sha256(bytes)) as BlobName) || lettersOf(bytes).some(isLost)) &&
      !everybody.some((device) => isInDirectory(device, bytes)),
  );
}

const lettersOf = (bytes: Uint8Array): string[] => lettersIn(new TextDecoder().decode(bytes));

function smallBlobs({ database }: SimDisk): Uint8Array[] {
  const gte = blobKey('' as BlobName);
  return database.range({ gte, lt: prefixEnd(gte) }).map(([, bytes]) => bytes);
}

/** Their owners copy them from where they still are. The relay asks for what it lacks whenever a folder is opened, so lines break. */
export function bringBack(world: World): void {
  for (const { name, ...lost } of lostBlobs(world))
    bring(world, lost, `blob ${name} from a disk that is gone`);
  for (const lost of lostContents(world)) bring(world, lost, 'what he attached, which went with a disk');
}

function bring(
  world: World,
  { bytes, owner }: { readonly bytes: Uint8Array; readonly owner: SimDevice },
  what: string,
): void {
  const { running, name: who } = owner;
  if (running === undefined) return;
  const back = async (): Promise<void> => {
    await running.folder.blobs.write(inOnePiece(bytes));
    world.network.breakLines(who);
  };
  world.trace.count('anomaly', 'a blob went with every disk that had it');
  world.tell('person', who, NO_STEP, `brings back ${what}`);
  world.begin(back(), who, NO_STEP);
}
