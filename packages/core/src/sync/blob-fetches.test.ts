import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type BlobName, gather, inOnePiece, silentLogger } from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '@evermesh/testkit';
import { BlobFetches } from './blob-fetches.ts';
import { blobBytes, BlobPeer, nameOf } from './testing/blob-peer.ts';
import { deviceId, openTestFolder, type TestFolder } from './testing/test-folder.ts';

let clock: VirtualClock;
let peer: BlobPeer;
let folder: TestFolder;
let fetches: BlobFetches;
/** Resolves waits for the end of something. */
let ended: () => void;
/** What is told to have come from the peer. */
let given: BlobName[];

beforeEach(async () => {
  clock = new VirtualClock();
  peer = new BlobPeer();
  ended = () => undefined;
  folder = await openTestFolder({ device: deviceId(1), random: seededRandom(1) });
  given = [];
  fetches = new BlobFetches({
    folder,
    remote: peer,
    clock,
    logger: silentLogger,
    given: (names) => given.push(...names),
    ended: () => ended(),
  });
});

afterEach(async () => {
  await fetches.stop();
  expect(clock.waiting).toBe(0);
});

const want = (...names: BlobName[]): Promise<void> => folder.committer.commit(folder.debts.want(names));

/** Resolves when `isSo`, which is looked at whenever something ended. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise<void>((resolve) => (ended = resolve));
}
const nothingWanted = (): boolean => folder.debts.wantedBlobs.size === 0;
const textOf = (name: BlobName): Promise<Uint8Array | undefined> => gather(folder.contents.blobs.read(name));

test('small blobs are asked for many at a time, and share the syncs of the store', async () => {
  const names = peer.hold(...Array.from({ length: 300 }, (_, i) => blobBytes(i)));
  await want(...names);
  const before = folder.store.batches;
  fetches.look();
  await until(nothingWanted);
  expect(peer.requests).toEqual(['getMany 256', 'getMany 44']);
  expect(folder.store.batches - before).toBeLessThanOrEqual(6);
  for (const [i, name] of names.entries()) expect(await textOf(name)).toEqual(blobBytes(i));
});

test('what is wanted while a request is under way goes into the next one', async () => {
  const names = peer.hold(blobBytes(1), blobBytes(2), blobBytes(3));
  await want(names[0] as BlobName);
  fetches.look();
  await want(...names);
  fetches.look();
  await until(nothingWanted);
  expect(peer.requests).toEqual(['getMany 1', 'getMany 2']);
  expect(given).toEqual(names);
});

test('large blobs are fetched by themselves, four at a time', async () => {
  const names = peer.hold(...Array.from({ length: 6 }, (_, i) => blobBytes(i, 70_000)));
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const fourRead = new Promise<void>((resolve) => {
    let reading = 0;
    peer.reading = () => {
      reading += 1;
      if (reading === 4) resolve();
      return held;
    };
  });
  await want(...names);
  fetches.look();
  await fourRead;
  await turn();
  expect(peer.requests).toEqual(['getMany 6', ...Array.from({ length: 4 }, () => 'get')]);
  letGo();
  await until(nothingWanted);
  expect(peer.requests.slice(1)).toEqual(Array.from({ length: 6 }, () => 'get'));
  expect(await textOf(names[5] as BlobName)).toEqual(blobBytes(5, 70_000));
});

test('what is here already is not asked for', async () => {
  const { name } = await folder.contents.blobs.write(inOnePiece(blobBytes(1)));
  await want(name);
  fetches.look();
  await until(nothingWanted);
  expect(peer.requests).toEqual([]);
});

test('a blob that does not hash to its name fails alone, and is asked for again later', async () => {
  const names = peer.hold(blobBytes(1), blobBytes(2), blobBytes(3));
  const damaged = names[1] as BlobName;
  peer.held.set(damaged, blobBytes(4));
  await want(...names);
  fetches.look();
  await until(() => fetches.isStalled);
  expect([...folder.debts.wantedBlobs]).toEqual([damaged]);
  expect(await folder.contents.blobs.size(damaged)).toBeUndefined();
  peer.hold(blobBytes(2));
  clock.advance(1000);
  await until(nothingWanted);
  expect(peer.requests).toEqual(['getMany 3', 'getMany 1']);
});

test('what the peer does not have is asked for again, later each time, and stalls nothing else', async () => {
  const lacking = nameOf(blobBytes(9));
  const [name] = peer.hold(blobBytes(1)) as [BlobName];
  await want(lacking, name);
  expect(fetches.isStalled).toBe(false);
  fetches.look();
  await until(() => fetches.isStalled);
  expect([...folder.debts.wantedBlobs]).toEqual([lacking]);
  for (const pause of [1000, 2000, 4000]) {
    const asked = peer.requests.length;
    clock.advance(pause - 1);
    await turn();
    expect(peer.requests).toHaveLength(asked);
    clock.advance(1);
    await until(() => fetches.isStalled);
    expect(peer.requests).toHaveLength(asked + 1);
  }
});

test('a peer that cannot be reached is asked again later for all of them', async () => {
  const names = peer.hold(blobBytes(1), blobBytes(2));
  peer.failure = new EvermeshError('LINK_UNREACHABLE', 'gone');
  await want(...names);
  fetches.look();
  await until(() => fetches.isStalled);
  peer.failure = undefined;
  clock.advance(1000);
  await until(nothingWanted);
});

test.each([
  ['one that was not asked for', [blobBytes(1), blobBytes(7)]],
  ['one of them twice', [blobBytes(1), blobBytes(1)]],
])('a peer that gives %s is not listened to any longer', async (_, all) => {
  await want(nameOf(blobBytes(1)), nameOf(blobBytes(2)));
  let left = false;
  peer.getMany = async function* getMany() {
    try {
      for (const bytes of all) {
        await Promise.resolve();
        yield { name: nameOf(bytes), size: bytes.byteLength, bytes };
      }
    } finally {
      left = true;
    }
  };
  fetches.look();
  await until(() => fetches.isStalled);
  expect(left).toBe(true);
  expect(await folder.contents.blobs.size(nameOf(blobBytes(7)))).toBeUndefined();
});

test('stopping ends what is under way, and nothing is tried again', async () => {
  const [name] = peer.hold(blobBytes(1, 70_000)) as [BlobName];
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const reached = new Promise<void>((resolve) => {
    peer.reading = () => {
      resolve();
      return held;
    };
  });
  await want(name);
  fetches.look();
  await reached;
  const stopped = fetches.stop();
  letGo();
  await stopped;
  fetches.look();
  expect(peer.requests).toEqual(['getMany 1', 'get']);
  expect(await folder.contents.blobs.size(name)).toBeUndefined();
});
