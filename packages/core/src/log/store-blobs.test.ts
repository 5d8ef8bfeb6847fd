import { expect, test } from 'vitest';
import { type BlobName, gather, inOnePiece, sha256, toHex, utf8 } from '../base/index.ts';
import { LIMITS } from '../protocol/index.ts';
import { memoryStore, type MemoryStore } from '../testing/memory-store.ts';
import { Committer } from './committer.ts';
import { StoreBlobs } from './store-blobs.ts';
import { tieredBlobs } from './tiered-blobs.ts';

const nameOf = (bytes: Uint8Array): BlobName => toHex(sha256(bytes)) as BlobName;
const open = (store: MemoryStore): StoreBlobs => new StoreBlobs(store, new Committer(store));
const content = utf8('content');

test('blobs written at one time, and what else is committed then, share a synced batch', async () => {
  const store = memoryStore();
  const synced: boolean[] = [];
  const batch = store.batch.bind(store);
  store.batch = (operations, options) => {
    synced.push(options.sync);
    return batch(operations, options);
  };
  const committer = new Committer(store);
  const blobs = new StoreBlobs(store, committer);
  const writes = Array.from({ length: 100 }, (_, i) => blobs.write(inOnePiece(utf8(`blob ${i}`))));
  await Promise.all([...writes, committer.commit([{ type: 'put', key: 'a', value: content }])]);
  expect(synced.every(Boolean)).toBe(true);
  expect(synced.length).toBeLessThanOrEqual(3);
});

test('a blob is written when its batch is on the disk, and before that it is not there at all', async () => {
  const store = memoryStore();
  const batch = store.batch.bind(store);
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  const reached = new Promise<void>((resolve) => {
    store.batch = async (operations, options) => {
      resolve();
      await held;
      return batch(operations, options);
    };
  });
  const blobs = open(store);
  let isWritten = false;
  const writing = blobs.write(inOnePiece(content)).then(() => (isWritten = true));
  await reached;
  // What a power cut would leave now.
  expect(await open(memoryStore(new Map(store.rows))).size(nameOf(content))).toBeUndefined();
  expect(isWritten).toBe(false);
  letGo();
  await writing;
  const left = open(memoryStore(new Map(store.rows)));
  expect(await gather(left.read(nameOf(content)))).toEqual(content);
});

test('a blob whose batch fails is not written', async () => {
  const store = memoryStore();
  store.batch = () => Promise.reject(new Error('no space left'));
  const blobs = open(store);
  await expect(blobs.write(inOnePiece(content))).rejects.toMatchObject({ code: 'STORE_FAILED' });
  expect(await blobs.size(nameOf(content))).toBeUndefined();
});

test('what a disk changed is not given, and is mended by another write', async () => {
  const store = memoryStore();
  const blobs = open(store);
  await blobs.write(inOnePiece(content));
  const key = `blob/${nameOf(content)}`;
  store.rows.set(key, utf8('Content'));
  await expect(gather(blobs.read(nameOf(content)))).rejects.toMatchObject({ code: 'BLOB_DAMAGED' });
  expect(await blobs.size(nameOf(content))).toBeUndefined();
  await blobs.write(inOnePiece(content));
  expect(await blobs.size(nameOf(content))).toBe(content.byteLength);
  expect(await gather(blobs.read(nameOf(content)))).toEqual(content);
});

test('beside a blob store, those up to 64 KiB lie in the store and larger ones in that', async () => {
  const small = open(memoryStore());
  const large = open(memoryStore());
  const blobs = tieredBlobs(small, large);
  for (const [size, here, there] of [
    [0, 0, undefined],
    [LIMITS.smallBlobBytes, LIMITS.smallBlobBytes, undefined],
    [LIMITS.smallBlobBytes + 1, undefined, LIMITS.smallBlobBytes + 1],
  ]) {
    const { name } = await blobs.write(inOnePiece(new Uint8Array(size as number)));
    expect([await small.size(name), await large.size(name)]).toEqual([here, there]);
  }
});

test('a small blob that lies in the blob store beside it is found, read and deleted there', async () => {
  const large = open(memoryStore());
  const { name } = await large.write(inOnePiece(content));
  const blobs = tieredBlobs(open(memoryStore()), large);
  expect(await blobs.size(name)).toBe(content.byteLength);
  expect(await gather(blobs.read(name, 3))).toEqual(content.subarray(3));
  await blobs.delete(name);
  expect(await large.size(name)).toBeUndefined();
});

test('the source of a blob is left when it cannot be written', async () => {
  const large = open(memoryStore());
  large.write = () => Promise.reject(new Error('no space left'));
  let isLeft = false;
  const source = (async function* pieces() {
    try {
      for (;;) {
        await Promise.resolve();
        yield new Uint8Array(40_000);
      }
    } finally {
      isLeft = true;
    }
  })();
  await expect(tieredBlobs(open(memoryStore()), large).write(source)).rejects.toThrow('no space left');
  expect(isLeft).toBe(true);
});
