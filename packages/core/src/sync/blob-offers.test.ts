import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type BlobName, inOnePiece, silentLogger } from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '@evermesh/testkit';
import { BlobOffers } from './blob-offers.ts';
import { blobBytes, BlobPeer, nameOf } from './testing/blob-peer.ts';
import { deviceId, openTestFolder, type TestFolder } from './testing/test-folder.ts';

let clock: VirtualClock;
let peer: BlobPeer;
let folder: TestFolder;
let offers: BlobOffers;
let changed: () => void;
let warnings: number;

beforeEach(async () => {
  clock = new VirtualClock();
  peer = new BlobPeer();
  changed = () => undefined;
  warnings = 0;
  const opened = await openTestFolder({ device: deviceId(1), random: seededRandom(1) });
  folder = opened;
  const logger = { ...silentLogger, warn: () => (warnings += 1) };
  offers = new BlobOffers({ folder, remote: peer, clock, logger, changed: () => changed() });
});

afterEach(async () => {
  await offers.stop();
  expect(clock.waiting).toBe(0);
});

/** Resolves when `isSo`, which is looked at whenever something changed. */
async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise<void>((resolve) => (changed = resolve));
}
const keep = async (...all: Uint8Array[]): Promise<BlobName[]> => {
  const kept = await Promise.all(all.map((bytes) => folder.contents.write(inOnePiece(bytes))));
  return kept.map(({ name }) => name);
};
const noRoom = new EvermeshError('STORE_FAILED', 'no room');

describe('blobs that the peer asks for', () => {
  test('are given, small and large, if they are here', async () => {
    const names = await keep(blobBytes(1), blobBytes(2, 70_000));
    offers.ask([...names, nameOf(blobBytes(3))]);
    expect(offers.isIdle).toBe(false);
    await until(() => offers.isIdle);
    expect(new Set(peer.held.keys())).toEqual(new Set(names));
    expect(peer.requests).toEqual(['putMany 1', 'has', 'put']);
  });

  test('are not looked for twice at one time, and looked for again later', async () => {
    const [name] = await keep(blobBytes(1));
    offers.ask([name as BlobName]);
    offers.ask([name as BlobName]);
    await until(() => offers.isIdle);
    expect(peer.requests).toEqual(['putMany 1']);
    offers.ask([name as BlobName]);
    await until(() => offers.isIdle);
    expect(peer.requests).toEqual(['putMany 1', 'putMany 1']);
  });

  test('and that it does not take now are given later; why is told meanwhile', async () => {
    const names = await keep(blobBytes(1));
    peer.failure = noRoom;
    offers.ask(names);
    await until(() => offers.problem !== undefined);
    expect([offers.problem, offers.isIdle, offers.isRefused]).toEqual([noRoom, false, false]);
    peer.failure = undefined;
    clock.advance(1000);
    await until(() => offers.isIdle);
    expect([[...peer.held.keys()], offers.problem, warnings]).toEqual([names, undefined, 0]);
  });

  test('and that it will not take are let go, and keep back nothing else', async () => {
    const names = await keep(blobBytes(1));
    peer.failure = new EvermeshError('CONTENT_TOO_LARGE', 'too large');
    offers.ask(names);
    await until(() => offers.isIdle);
    expect([offers.problem, warnings]).toEqual([undefined, 1]);
    peer.failure = undefined;
    expect(await offers.give(new Set(names))).toBe('given');
  });

  test('and for which there is no room keep back no other for which there is', async () => {
    const names = await keep(...[1, 2, 3, 4, 5].map((one) => blobBytes(one, one === 3 ? 60_000 : 100)));
    const [large] = await keep(blobBytes(6, 70_000));
    peer.room = 1000;
    offers.ask([...names, large as BlobName]);
    await until(() => offers.isIdle);
    expect(new Set(peer.held.keys())).toEqual(new Set(names.toSpliced(2, 1)));
    expect([offers.problem, warnings]).toEqual([undefined, 1]);
  });

  test('and that are wanted here are given once they came from elsewhere, and not if they came from the peer', async () => {
    const [elsewhere, fromPeer] = [blobBytes(1), blobBytes(2)];
    const names = [nameOf(elsewhere), nameOf(fromPeer)];
    await folder.committer.commit(folder.debts.want(names));
    folder.debts.fetched.add((name) => offers.fetched(name));
    expect(await offers.give(new Set(names))).toBe('given');
    await keep(elsewhere, fromPeer);
    offers.had(names.slice(1));
    await folder.committer.commit(names.flatMap((name) => folder.debts.blobFetched(name)));
    await until(() => offers.isIdle);
    expect([...peer.held.keys()]).toEqual(names.slice(0, 1));
    expect(peer.requests).toEqual(['putMany 1']);
  });

  test('and come from elsewhere while others of them are being given are given behind these', async () => {
    const bytes = blobBytes(1);
    const name = nameOf(bytes);
    const others = await keep(blobBytes(2, 70_000));
    await folder.committer.commit(folder.debts.want([name]));
    folder.debts.fetched.add((one) => offers.fetched(one));
    const put = peer.put.bind(peer);
    peer.put = async (...given) => {
      await keep(bytes);
      await folder.committer.commit(folder.debts.blobFetched(name));
      await put(...given);
    };
    offers.ask([name, ...others]);
    await until(() => offers.isIdle);
    expect(new Set(peer.held.keys())).toEqual(new Set([name, ...others]));
  });

  test('and turn out to be damaged are given once they were had anew', async () => {
    const bytes = blobBytes(1, 70_000);
    const [name] = (await keep(bytes)) as [BlobName];
    folder.debts.fetched.add((one) => offers.fetched(one));
    const read = folder.contents.blobs.read.bind(folder.contents.blobs);
    Object.assign(folder.contents.blobs, {
      read: () => {
        throw new EvermeshError('BLOB_DAMAGED', 'a bit was flipped');
      },
    });
    expect(await offers.give(new Set([name]))).toBe('given');
    expect([...peer.held.keys()]).toEqual([]);
    Object.assign(folder.contents.blobs, { read });
    await folder.committer.commit(folder.debts.blobFetched(name));
    await until(() => offers.isIdle);
    expect([...peer.held.keys()]).toEqual([name]);
  });

  test('are given no more when the connection ends', async () => {
    peer.failure = noRoom;
    offers.ask(await keep(blobBytes(1)));
    await until(() => offers.problem !== undefined);
    await offers.stop();
    expect(offers.isIdle).toBe(true);
  });
});
