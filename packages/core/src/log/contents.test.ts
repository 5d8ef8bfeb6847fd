import { expect, test } from 'vitest';
import { type BlobName, concatBytes, equalBytes, gather, inOnePiece, sha256, toHex } from '../base/index.ts';
import { Reader } from '../protocol/index.ts';
import { memoryStore } from '../testing/memory-store.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { Committer } from './committer.ts';
import { Contents } from './contents.ts';
import { blobKey, chunkKey } from './keys.ts';
import { StoreBlobs } from './store-blobs.ts';

const PIECE = 100_000;
/** Two packs of 4 MiB, and what is cut or was handed in meanwhile. */
const HELD = 2 * 4 * 1024 * 1024 + 1_000_000;

test('no more of a content is in memory than two packs, however long it is', async () => {
  const store = memoryStore();
  const large = new StoreBlobs(memoryStore(), new Committer(memoryStore()));
  let [given, stored, most] = [0, 0, 0];
  large.write = async (pieces) => {
    const bytes = (await gather(pieces)) as Uint8Array;
    stored += bytes.byteLength;
    return { name: toHex(sha256(bytes)) as BlobName, size: bytes.byteLength };
  };
  const random = seededRandom(1).bytes(PIECE);
  async function* source(): AsyncGenerator<Uint8Array> {
    for (let i = 0; i < 200; i++) {
      // No two pieces are alike.
      random.fill(i, 0, 100);
      for (let at = 0; at < PIECE; at += 500) random[at] = i;
      given += PIECE;
      most = Math.max(most, given - stored);
      await Promise.resolve();
      yield random;
    }
  }
  const { size } = await new Contents(store, new Committer(store), large).write(source());
  expect(size).toBe(200 * PIECE);
  expect(stored).toBeGreaterThan(15_000_000);
  expect(most).toBeLessThan(HELD);
});

test('the next pack is filled while one is being stored, and what lists chunks never comes before them', async () => {
  const [store, beside] = [memoryStore(), memoryStore()];
  const large = new StoreBlobs(beside, new Committer(beside));
  const write = large.write.bind(large);
  let given = 0;
  const atWrites: number[] = [];
  let tellFilled: () => void = () => undefined;
  large.write = async (pieces, expected) => {
    atWrites.push(given);
    const isFirst = atWrites.length === 1;
    const filled = new Promise<void>((resolve) => (tellFilled = resolve));
    if (isFirst) await filled;
    expect([...store.rows.keys()].filter((key) => key.startsWith('chunk/')).length > 0).toBe(!isFirst);
    return write(pieces, expected);
  };
  const bytes = seededRandom(5).bytes(9_000_000);
  async function* source(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.byteLength; at += PIECE) {
      if (at >= 8_000_000) tellFilled();
      given = at;
      yield bytes.subarray(at, at + PIECE);
    }
  }
  const contents = new Contents(store, new Committer(store), large);
  const { name } = await contents.write(source());
  expect(atWrites).toHaveLength(3);
  // It came as far while the first pack was not written.
  expect(atWrites[1]).toBeGreaterThan(8_000_000);
  expect(equalBytes((await gather(contents.read(name))) as Uint8Array, bytes)).toBe(true);
});

test.each(['the disk', 'the source'])(
  'when %s fails, nothing is written any more once that is told, and nothing counts as here',
  async (who) => {
    const store = memoryStore();
    const large = new StoreBlobs(memoryStore(), new Committer(memoryStore()));
    let [writing, written] = [0, 0];
    large.write = async (pieces) => {
      writing += 1;
      const bytes = (await gather(pieces)) as Uint8Array;
      for (let turn = 0; turn < 100; turn++) await Promise.resolve();
      if (who === 'the disk') throw new Error('no space left');
      written += 1;
      return { name: toHex(sha256(bytes)) as BlobName, size: bytes.byteLength };
    };
    let isLeft = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (let i = 0; i < 60; i++) {
          if (i === 50 && who === 'the source') throw new Error('gone');
          yield seededRandom(100 + i).bytes(PIECE);
        }
      } finally {
        isLeft = true;
      }
    }
    const failed = who === 'the disk' ? 'no space left' : 'gone';
    await expect(new Contents(store, new Committer(store), large).write(source())).rejects.toThrow(failed);
    const rows = [...store.rows.keys()];
    expect([isLeft, writing, written]).toEqual([true, 1, who === 'the disk' ? 0 : 1]);
    for (let turn = 0; turn < 200; turn++) await Promise.resolve();
    expect([...store.rows.keys()]).toEqual(rows);
    expect(rows.filter((key) => key.startsWith('content/'))).toEqual([]);
  },
);

test('wherever a crash ends it, no list is here without its chunks, and the content is here whole or not at all', async () => {
  const bytes = seededRandom(6).bytes(5_000_000);
  let listed = 0;
  for (let left = 0; ; left++) {
    const [store, beside] = [memoryStore(), memoryStore()];
    let batches = 0;
    for (const each of [store, beside]) {
      const batch = each.batch.bind(each);
      each.batch = (operations, options) =>
        batches++ < left ? batch(operations, options) : Promise.reject(new Error('power cut'));
    }
    const open = (): Contents =>
      new Contents(store, new Committer(store), new StoreBlobs(beside, new Committer(beside)));
    const name = await open()
      .write(inOnePiece(bytes))
      .then(
        (written) => written.name,
        () => undefined,
      );
    const after = open();
    for (const [key, row] of store.rows) {
      if (!key.startsWith('blob/')) continue;
      const chunks = listedIn(row);
      const sizes: number[] = [];
      for await (const chunk of after.blobs.readMany(chunks.map((each) => each.name)))
        sizes.push(chunk.byteLength);
      expect(sizes).toEqual(chunks.map(({ size }) => size));
      listed += chunks.length;
    }
    const contents = [...store.rows.keys()].filter((key) => key.startsWith('content/'));
    expect(contents.length).toBe(name === undefined ? 0 : 1);
    if (name === undefined) continue;
    expect(equalBytes((await gather(after.read(name))) as Uint8Array, bytes)).toBe(true);
    expect(left).toBeGreaterThanOrEqual(4);
    break;
  }
  expect(listed).toBeGreaterThan(500);
});

/** The chunks of a list of them; none if these bytes are something else. */
function listedIn(bytes: Uint8Array): { name: BlobName; size: number }[] {
  try {
    const reader = new Reader(bytes);
    if (reader.byte() !== 0) return [];
    const entries = Array.from({ length: reader.count(256, 'entries') }, () => ({
      name: toHex(reader.raw(32)) as BlobName,
      size: reader.uint(),
    }));
    reader.end();
    return entries;
  } catch {
    return [];
  }
}

test('chunks of which the pack was written and the rows were not are as if they had not been here', async () => {
  const store = memoryStore();
  const contents = new Contents(store, new Committer(store));
  const bytes = seededRandom(2).bytes(400_000);
  const { name } = await contents.write(inOnePiece(bytes));
  // As a crash between the two leaves it.
  for (const key of [...store.rows.keys()]) if (/^(chunk|content)\//.test(key)) store.rows.delete(key);
  const again = new Contents(store, new Committer(store));
  const root = await contents.nameInRecords(name);
  expect(root).toBe(name);
  await again.write(inOnePiece(bytes));
  expect(store.rows.has(chunkKey((await firstChunk(again, name)) as BlobName))).toBe(true);
  expect(((await gather(again.read(name))) as Uint8Array).byteLength).toBe(400_000);
});

const firstChunk = async (contents: Contents, name: BlobName): Promise<BlobName | undefined> =>
  (await contents.manifest(await contents.nameInRecords(name)))?.entries[0]?.name;

test('a content that is deleted takes nothing from one that shares its chunks', async () => {
  const store = memoryStore();
  const contents = new Contents(store, new Committer(store));
  const bytes = seededRandom(3).bytes(400_000);
  // Its chunks lie in a pack that has its name.
  const { name: first } = await contents.write(inOnePiece(bytes));
  const { name: second } = await contents.write(inOnePiece(bytes.slice(0, 390_000)));
  await contents.delete(first);
  expect(await contents.nameInRecords(first)).toBe(first);
  expect(((await gather(contents.read(second))) as Uint8Array).byteLength).toBe(390_000);
});

test('a small content that is deleted is gone', async () => {
  const store = memoryStore();
  const contents = new Contents(store, new Committer(store));
  const { name } = await contents.write(inOnePiece(Uint8Array.of(0, 1)));
  await contents.delete(name);
  expect(await contents.size(name)).toBeUndefined();
  await expect(gather(contents.read(name))).rejects.toMatchObject({ code: 'BLOB_NOT_FOUND' });
});

test('a chunk that came again by itself, in place of one that its pack does not hold as it was, is found after the next opening too', async () => {
  const [store, beside] = [memoryStore(), memoryStore()];
  const open = (): Contents => {
    const large = new StoreBlobs(beside, new Committer(beside));
    // A file is read from a place on: what is damaged elsewhere in it is not seen.
    large.read = async function* (name, offset) {
      const bytes = await beside.get(blobKey(name));
      if (bytes !== undefined) yield bytes.subarray(offset);
    };
    return new Contents(store, new Committer(store), large);
  };
  const bytes = seededRandom(4).bytes(400_000);
  const contents = open();
  const { name } = await contents.write(inOnePiece(bytes));
  const [first, second] = (await contents.manifest(await contents.nameInRecords(name)))?.entries ?? [];
  const from = first?.size ?? 0;
  const pack = (beside.rows.get(blobKey(name)) as Uint8Array).slice();
  pack.fill(0, from, from + 10);
  beside.rows.set(blobKey(name), pack);
  await expect(gather(open().read(name))).rejects.toMatchObject({
    code: 'BLOB_DAMAGED',
    details: { name },
  });
  await open().blobs.write(inOnePiece(bytes.slice(from, from + (second?.size ?? 0))), second?.name);
  const read: Uint8Array[] = [];
  for await (const piece of open().read(name)) read.push(piece.slice());
  expect(equalBytes(concatBytes(read), bytes)).toBe(true);
});
