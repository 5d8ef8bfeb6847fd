import { beforeEach, expect, test } from 'vitest';
import { concatBytes, type BlobName, inOnePiece } from '../base/index.ts';
import { blobKey, chunkKey, Committer, Contents, type StoreOperation } from '../log/index.ts';
import { memoryStore, type MemoryStore } from '../testing/memory-store.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { type SurvivingBlobs, survivingBlobs } from './surviving-blobs.ts';

const BYTES = seededRandom(3).bytes(900_000);
const EDITED = concatBytes([BYTES.subarray(0, 300_000), Uint8Array.of(7), BYTES.subarray(300_000)]);

let store: MemoryStore;
let contents: Contents;
let content: BlobName;
let root: BlobName;

beforeEach(async () => {
  store = memoryStore();
  contents = new Contents(store, new Committer(store));
  await contents.write(inOnePiece(BYTES));
  ({ name: content } = await contents.write(inOnePiece(EDITED)));
  root = await contents.nameInRecords(content);
});

/** What a rebuilt store would have of it. */
async function rebuilt(): Promise<SurvivingBlobs & { contents: Contents }> {
  const rows = new Map<string, Uint8Array>();
  const keep = (kept: readonly StoreOperation[]): Promise<void> => {
    for (const row of kept) if (row.type === 'put') rows.set(row.key, row.value);
    return Promise.resolve();
  };
  const beside = { size: () => Promise.resolve(undefined) };
  const found = await survivingBlobs({ names: [root], store, beside, keep });
  const other = memoryStore(rows);
  return { ...found, contents: new Contents(other, new Committer(other)) };
}

test('a content in chunks is carried over with all that it needs', async () => {
  const { missing, contents: carried } = await rebuilt();
  expect(missing.size).toBe(0);
  expect(await carried.size(content)).toBe(EDITED.byteLength);
  const pieces: Uint8Array[] = [];
  for await (const piece of carried.read(content)) pieces.push(piece.slice());
  expect(Buffer.compare(concatBytes(pieces), EDITED)).toBe(0);
});

test('one of which a chunk, the place of a chunk, or its pack is gone is missing, and what is left of it is kept', async () => {
  const manifest = await contents.manifest(root);
  const last = manifest?.entries.at(-1)?.name ?? root;
  const pack = [...store.rows].find(([, { byteLength }]) => byteLength === BYTES.byteLength)?.[0] ?? '';
  for (const lost of [chunkKey(last), pack]) {
    const value = store.rows.get(lost) as Uint8Array;
    store.rows.delete(lost);
    const { missing, contents: carried } = await rebuilt();
    expect(missing).toEqual(new Set([root]));
    expect(await carried.size(content)).toBeUndefined();
    expect(await carried.manifest(root)).toEqual(manifest);
    store.rows.set(lost, value);
  }
});

test('chunks that came again by themselves, in place of those in a pack that is gone, are carried over', async () => {
  const { entries = [] } = (await contents.manifest(root)) ?? {};
  for (const { name } of entries) {
    const pieces: Uint8Array[] = [];
    for await (const piece of contents.blobs.read(name)) pieces.push(piece.slice());
    store.rows.set(blobKey(name), concatBytes(pieces));
  }
  for (const [key, { byteLength }] of store.rows) if (byteLength > 65_536) store.rows.delete(key);
  const { missing, contents: carried } = await rebuilt();
  expect(missing.size).toBe(0);
  const pieces: Uint8Array[] = [];
  for await (const piece of carried.read(content)) pieces.push(piece.slice());
  expect(Buffer.compare(concatBytes(pieces), EDITED)).toBe(0);
});

test('a list that the disk changed is missing, and not carried over', async () => {
  store.rows.set(blobKey(root), Uint8Array.of(1));
  const { missing } = await rebuilt();
  expect(missing).toEqual(new Set([root]));
});
