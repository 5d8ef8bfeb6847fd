import { beforeEach, expect, test } from 'vitest';
import { type BlobName, inOnePiece } from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import { blobKey, Committer, Contents, type PackedBlobs } from '../log/index.ts';
import { LIMITS } from '../protocol/index.ts';
import { type MemoryStore, memoryStore } from '../testing/memory-store.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { uploadBlobs } from './blob-uploads.ts';
import { blobBytes, BlobPeer, nameOf } from './testing/blob-peer.ts';
import { FOLDER } from './testing/test-folder.ts';

let peer: BlobPeer;
let store: MemoryStore;
let contents: Contents;
let blobs: PackedBlobs;
let damaged: BlobName[];

beforeEach(() => {
  peer = new BlobPeer();
  store = memoryStore();
  damaged = [];
  contents = new Contents(store, new Committer(store));
  ({ blobs } = contents);
});

async function write(...all: Uint8Array[]): Promise<BlobName[]> {
  const written = await Promise.all(all.map((bytes) => blobs.write(inOnePiece(bytes))));
  return written.map(({ name }) => name);
}
const upload = (names: BlobName[]): Promise<void> =>
  uploadBlobs(
    {
      folder: FOLDER,
      contents,
      remote: peer,
      signal: new AbortController().signal,
      damaged: (name) => damaged.push(name),
    },
    new Set(names),
  );

test('small blobs are put in one request, without asking whether the peer has them', async () => {
  const names = await write(...Array.from({ length: 300 }, (_, i) => blobBytes(i)));
  await upload(names);
  expect(peer.requests).toEqual(['putMany 300']);
  expect(new Set(peer.held.keys())).toEqual(new Set(names));
});

test('more than one request takes are put in several, each within its limits', async () => {
  const size = LIMITS.smallBlobBytes;
  const requestBytes: number[] = [];
  const putMany = peer.putMany.bind(peer);
  peer.putMany = (folder, given, signal) => {
    requestBytes.push(given.reduce((sum, blob) => sum + blob.size, 0));
    return putMany(folder, given, signal);
  };
  const names = await write(...Array.from({ length: 70 }, (_, i) => blobBytes(i, size)));
  await upload(names);
  expect(peer.requests).toEqual(['putMany 63', 'putMany 7']);
  for (const bytes of requestBytes) expect(bytes).toBeLessThan(LIMITS.batchBytes);
  expect(peer.held.size).toBe(70);
});

test('large ones are put by themselves, if the peer does not have them', async () => {
  const [one, two, small] = await write(blobBytes(1, 70_000), blobBytes(2, 70_000), blobBytes(3));
  peer.hold(blobBytes(1, 70_000));
  await upload([one, two, small] as BlobName[]);
  expect(peer.requests.toSorted()).toEqual(['has', 'has', 'put', 'putMany 1']);
  expect(new Set(peer.held.keys())).toEqual(new Set([one, two, small]));
});

test('what is not here is passed over', async () => {
  const [name] = await write(blobBytes(1));
  await upload([nameOf(blobBytes(2)), name as BlobName]);
  expect([...peer.held.keys()]).toEqual([name]);
});

test('a blob that is taken away while it is read is as if it had not been here', async () => {
  const [gone, name] = await write(blobBytes(1), blobBytes(2));
  const read = blobs.read.bind(blobs);
  blobs.read = async function* taken(of, offset) {
    if (of === gone) await blobs.delete(of);
    yield* read(of, offset);
  };
  await upload([gone, name] as BlobName[]);
  expect([...peer.held.keys()]).toEqual([name]);
});

test.each([100, 70_000])('one of %i bytes that is damaged is passed over, and told', async (size) => {
  const [rotten, name] = await write(blobBytes(1, size), blobBytes(2, size));
  store.rows.set(blobKey(rotten as BlobName), blobBytes(3, size));
  const put = peer.put.bind(peer);
  // What breaks off on the way says nothing of why.
  peer.put = (...given) =>
    put(...given).catch(() => Promise.reject(new EvermeshError('LINK_UNREACHABLE', 'broke off')));
  await upload([rotten, name] as BlobName[]);
  expect([[...peer.held.keys()], damaged]).toEqual([[name], [rotten]]);
});

test('a list of chunks that is damaged is told, and what lists it stays away', async () => {
  const { name } = await contents.write(inOnePiece(seededRandom(6).bytes(3_000_000)));
  const root = await contents.nameInRecords(name);
  const manifest = await contents.manifest(root);
  expect(manifest?.level).toBeGreaterThan(0);
  const [list] = manifest?.entries.map((entry) => entry.name) ?? [];
  store.rows.set(blobKey(list as BlobName), Uint8Array.of(1));
  await upload([root]);
  expect(damaged).toEqual([list]);
  expect(peer.held.has(root)).toBe(false);
});

test('it fails as the disk does that one of them is read from', async () => {
  const names = await write(blobBytes(1, 70_000));
  // oxlint-disable-next-line require-yield -- because it fails before it gives anything
  blobs.read = async function* failing() {
    throw await Promise.resolve(new EvermeshError('STORE_FAILED', 'the disk'));
  };
  const put = peer.put.bind(peer);
  peer.put = (...given) =>
    put(...given).catch(() => Promise.reject(new EvermeshError('LINK_UNREACHABLE', 'broke off')));
  await expect(upload(names)).rejects.toMatchObject({ code: 'STORE_FAILED' });
});

test('it fails when one of them is not taken', async () => {
  const names = await write(blobBytes(1));
  peer.putMany = () => Promise.reject(new EvermeshError('BLOB_DAMAGED', 'not as it was'));
  await expect(upload(names)).rejects.toMatchObject({ code: 'BLOB_DAMAGED' });
});
