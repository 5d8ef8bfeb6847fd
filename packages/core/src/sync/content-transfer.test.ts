import { beforeEach, expect, test } from 'vitest';
import { type BlobName, equalBytes, concatBytes, gather, inOnePiece, silentLogger } from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import { blobKey, chunkKey } from '../log/index.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { VirtualClock } from '@evermesh/testkit';
import { BlobFetches } from './blob-fetches.ts';
import { uploadBlobs } from './blob-uploads.ts';
import { BlobPeer, nameOf } from './testing/blob-peer.ts';
import { deviceId, openTestFolder, type TestFolder } from './testing/test-folder.ts';

const BYTES = seededRandom(5).bytes(3_000_000);
const EDITED = concatBytes([BYTES.subarray(0, 1_000_000), Uint8Array.of(7), BYTES.subarray(1_000_000)]);

let peer: BlobPeer;
let sender: TestFolder;
let receiver: TestFolder;

beforeEach(async () => {
  peer = new BlobPeer();
  sender = await openTestFolder({ device: deviceId(1), random: seededRandom(1) });
  receiver = await openTestFolder({ device: deviceId(2), random: seededRandom(2) });
});

/** Stores a content here; what stands for it in records. */
async function keep(folder: TestFolder, bytes: Uint8Array): Promise<BlobName> {
  const { name } = await folder.contents.write(inOnePiece(bytes));
  return folder.contents.nameInRecords(name);
}

const upload = (root: BlobName): Promise<void> =>
  uploadBlobs(
    {
      folder: sender.id,
      contents: sender.contents,
      remote: peer,
      signal: new AbortController().signal,
      damaged: () => undefined,
    },
    new Set([root]),
  );

/** Until all that is wanted is here, or all of it failed. */
async function fetch(folder: TestFolder, ...names: BlobName[]): Promise<void> {
  await folder.committer.commit(folder.debts.want(names));
  const clock = new VirtualClock();
  let ended = (): void => undefined;
  const fetches = new BlobFetches({
    ...{ folder, remote: peer, clock, logger: silentLogger },
    given: () => undefined,
    ended: () => ended(),
  });
  fetches.look();
  while (folder.debts.wantedBlobs.size > 0 && !fetches.isStalled)
    await new Promise<void>((resolve) => (ended = resolve));
  await fetches.stop();
}

const holds = async (folder: TestFolder, bytes: Uint8Array): Promise<boolean> =>
  equalBytes((await gather(folder.contents.read(nameOf(bytes)))) as Uint8Array, bytes);
const heldBytes = (): number => [...peer.held.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);

test('a content arrives in chunks, and an edit of it costs what it changed', async () => {
  const root = await keep(sender, BYTES);
  await upload(root);
  await fetch(receiver, root);
  expect(await holds(receiver, BYTES)).toBe(true);
  const before = heldBytes();
  expect(before).toBeLessThan(1.01 * BYTES.byteLength);

  const edited = await keep(sender, EDITED);
  await upload(edited);
  expect(heldBytes() - before).toBeLessThan(150_000);
  // What the receiver has it does not ask for.
  const all = peer.held;
  peer.held = new Map([...all].filter(([name]) => name === edited || !names(receiver).has(name)));
  await fetch(receiver, edited);
  expect(await holds(receiver, EDITED)).toBe(true);
});

const names = (folder: TestFolder): Set<string> =>
  new Set([...folder.store.rows.keys()].map((key) => key.slice(key.indexOf('/') + 1)));

test('a content that the peer has already is not sent again', async () => {
  const root = await keep(sender, BYTES);
  await upload(root);
  peer.requests.length = 0;
  await upload(root);
  expect(peer.requests).toEqual(['lacking 1']);
});

test('an upload that broke off goes on where it did, and what lists chunks is never there before them', async () => {
  const root = await keep(sender, BYTES);
  let left = 1;
  const putMany = peer.putMany.bind(peer);
  peer.putMany = (folder, blobs, signal) => {
    if (left-- === 0) return Promise.reject(new EvermeshError('LINK_UNREACHABLE', 'broke off'));
    return putMany(folder, blobs.slice(0, 60), signal).then(() => {
      throw new EvermeshError('LINK_UNREACHABLE', 'broke off');
    });
  };
  await expect(upload(root)).rejects.toMatchObject({ code: 'LINK_UNREACHABLE' });
  expect(peer.held.size).toBe(60);
  expect(peer.held.has(root)).toBe(false);
  let sent = 0;
  peer.putMany = (folder, blobs, signal) => {
    for (const { name } of blobs) if (peer.held.has(name)) sent += 1;
    return putMany(folder, blobs, signal);
  };
  await upload(root);
  expect(sent).toBe(0);
  await fetch(receiver, root);
  expect(await holds(receiver, BYTES)).toBe(true);
});

test('a fetch that broke off goes on where it did', async () => {
  const root = await keep(sender, BYTES);
  await upload(root);
  const chunks = [...names(sender)].filter((name) => sender.store.rows.has(chunkKey(name as BlobName)));
  const [lost] = chunks.slice(-1) as [BlobName];
  const bytes = peer.held.get(lost) as Uint8Array;
  peer.held.delete(lost);
  await fetch(receiver, root);
  expect(receiver.debts.wantedBlobs).toEqual(new Set([root]));
  expect(await receiver.contents.size(nameOf(BYTES))).toBeUndefined();

  peer.held = new Map([[lost, bytes]]);
  await fetch(receiver, root);
  expect(await holds(receiver, BYTES)).toBe(true);
});

test('what a peer calls the manifest of a content counts only if it is', async () => {
  const root = await keep(sender, BYTES);
  await upload(root);
  const lie = (peer.held.get(root) as Uint8Array).slice();
  // The name of the content.
  lie.fill(1, 17, 49);
  const [liar] = peer.hold(lie) as [BlobName];
  await fetch(receiver, liar);
  expect(receiver.debts.wantedBlobs).toEqual(new Set([liar]));
  expect(await receiver.contents.size('01'.repeat(32) as BlobName)).toBeUndefined();
});

test('chunks that were damaged here are fetched again, all of them', async () => {
  const root = await keep(sender, BYTES);
  await upload(root);
  await keep(receiver, EDITED);
  await fetch(receiver, root);
  const { rows } = receiver.store;
  const pack = nameOf(EDITED);
  const packed = rows.get(blobKey(pack)) as Uint8Array;
  for (const at of [100, 500_000, 2_900_000]) packed[at] = (packed[at] as number) ^ 1;
  await expect(holds(receiver, BYTES)).rejects.toMatchObject({ code: 'BLOB_DAMAGED' });
  await fetch(receiver, root);
  expect(await holds(receiver, BYTES)).toBe(true);
});

test('a content that is here in chunks is given whole to who knows it by its name alone, and not fetched', async () => {
  // Most of its chunks lie in the pack of another.
  await keep(sender, BYTES);
  await keep(sender, EDITED);
  await upload(nameOf(EDITED));
  expect(equalBytes(peer.held.get(nameOf(EDITED)) as Uint8Array, EDITED)).toBe(true);
  peer.held.clear();
  peer.requests.length = 0;
  await fetch(sender, nameOf(EDITED));
  expect(sender.debts.wantedBlobs.size).toBe(0);
  expect(peer.requests).toEqual([]);
});

test('a file that begins like a manifest is not taken for one', async () => {
  const root = await keep(sender, BYTES);
  const copy = (await gather(sender.contents.blobs.read(root))) as Uint8Array;
  const named = await keep(sender, copy);
  expect(named).not.toBe(nameOf(copy));
  await upload(named);
  await fetch(receiver, named);
  expect(await holds(receiver, copy)).toBe(true);
  expect(receiver.debts.wantedBlobs.size).toBe(0);
});
