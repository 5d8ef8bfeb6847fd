import { VirtualClock } from '@evermesh/testkit';
import { expect, test } from 'vitest';
import {
  type BlobName,
  type Clock,
  concatBytes,
  equalBytes,
  gather,
  inOnePiece,
  silentLogger,
} from '../base/index.ts';
import { decodeManifest } from '../protocol/index.ts';
import { memoryStore, type MemoryStore } from '../testing/memory-store.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { BlobCollector } from './blob-collector.ts';
import type { BlobStore } from './blob-store.ts';
import { Committer } from './committer.ts';
import { Contents } from './contents.ts';
import { blobKey, chunkKey, contentKey } from './keys.ts';
import { blobOf, ManifestBuilder } from './manifest-builder.ts';
import type { Store } from './store.ts';
import { StoreBlobs } from './store-blobs.ts';

const GRACE = 8000;
/** A look each second. */
const LOOK = GRACE / 8;

interface World {
  readonly store: MemoryStore;
  readonly beside: MemoryStore;
  readonly contents: Contents;
  readonly clock: Clock;
  readonly named: Set<BlobName>;
  isQuiet: boolean;
  /** Called whenever it is asked what is named. */
  asked: () => Promise<void>;
  readonly pass: (milliseconds: number) => Promise<void>;
  readonly idle: () => Promise<void>;
  readonly end: () => Promise<void>;
}

async function open({
  rows,
  files,
  clock = new VirtualClock(),
  named = new Set<BlobName>(),
  through = (store: Store): Store => store,
}: {
  rows?: Map<string, Uint8Array>;
  files?: Map<string, Uint8Array>;
  clock?: Clock;
  named?: Set<BlobName>;
  through?: (store: Store) => Store;
} = {}): Promise<World> {
  const [store, beside] = [memoryStore(rows), memoryStore(files)];
  const used = through(store);
  const committer = new Committer(used);
  const large: BlobStore = new StoreBlobs(through(beside), new Committer(through(beside)));
  const contents = new Contents(used, committer, large);
  const world = { store, beside, contents, clock, named, isQuiet: true, asked: () => Promise.resolve() };
  const collector = new BlobCollector(
    {
      ...{ store: used, committer, contents, large, clock, logger: silentLogger, grace: GRACE },
      between: (work) => work(),
    },
    {
      isQuiet: () => world.isQuiet,
      async *names() {
        await world.asked();
        yield* named;
      },
    },
  );
  await collector.begin();
  const pass = async (milliseconds: number): Promise<void> => {
    for (let left = milliseconds; left > 0; left -= LOOK) {
      (clock as VirtualClock).advance(LOOK);
      await collector.idle();
    }
  };
  return Object.assign(world, { pass, idle: () => collector.idle(), end: () => collector.close() });
}

const bytes = (seed: number, length: number): Uint8Array => seededRandom(seed).bytes(length);
const small = bytes(1, 100);
const single = bytes(2, 100_000);
const large = bytes(3, 500_000);
/** Has most of its chunks in common with `large`. */
const similar = concatBytes([large.subarray(0, 300_000), bytes(4, 200_000)]);

const put = async ({ contents }: World, content: Uint8Array): Promise<BlobName> =>
  (await contents.write(inOnePiece(content))).name;
const holds = async ({ contents }: World, name: BlobName, content: Uint8Array): Promise<boolean> =>
  equalBytes((await gather(contents.read(name))) as Uint8Array, content);
/** Of a content in chunks, the pack that it filled may be needed longer than it. */
const isListed = ({ store }: World, name: BlobName): boolean => store.rows.has(contentKey(name));
const count = ({ store, beside }: World): number => store.rows.size + beside.rows.size;

test('what nothing names goes after the grace time, and not before', async () => {
  const world = await open();
  const names = await Promise.all([small, large, similar].map((content) => put(world, content)));
  await world.pass(GRACE);
  for (const name of names) expect(await world.contents.size(name)).toBeGreaterThan(0);
  // These looks were uses; the packs of the last chunks have the same time once more.
  await world.pass(4 * GRACE);
  expect(count(world)).toBe(0);
});

test('what is named stays whole, and what only others had of it goes', async () => {
  const world = await open();
  const [one, other] = [await put(world, large), await put(world, similar)];
  const chunks = [...world.store.rows.keys()].filter((key) => key.startsWith(chunkKey('' as BlobName)));
  world.named.add(await world.contents.nameInRecords(other));
  await world.pass(5 * GRACE);
  expect(await holds(world, other, similar)).toBe(true);
  expect(isListed(world, one)).toBe(false);
  const left = [...world.store.rows.keys()].filter((key) => key.startsWith(chunkKey('' as BlobName)));
  expect(left.length).toBeLessThan(chunks.length);
  // Its other chunks lie in the pack of the one that went: that stays as it is.
  expect(world.beside.rows.size).toBe(2);
});

test('a content that is named again in between stays', async () => {
  const world = await open();
  const name = await put(world, large);
  await world.pass(GRACE);
  world.named.add(await world.contents.nameInRecords(name));
  await world.pass(3 * GRACE);
  expect(await holds(world, name, large)).toBe(true);
});

test('what is found here, or stored once more, has its grace time anew', async () => {
  const world = await open();
  const [one, other] = [await put(world, small), await put(world, large)];
  for (let left = 5; left > 0; left--) {
    await world.pass(GRACE - 2 * LOOK);
    expect(await world.contents.size(one)).toBe(small.byteLength);
    await put(world, large);
  }
  expect(await holds(world, one, small)).toBe(true);
  expect(await holds(world, other, large)).toBe(true);
});

test('what is stored while it is found out what is named stays', async () => {
  const world = await open();
  await put(world, large);
  await world.pass(GRACE + LOOK);
  let name: BlobName | undefined;
  world.asked = async () => {
    name = await put(world, similar);
  };
  await world.pass(LOOK);
  world.asked = () => Promise.resolve();
  for (let looks = 4; looks > 0; looks--) {
    await world.pass(LOOK);
    expect(await holds(world, name as BlobName, similar)).toBe(true);
  }
});

test('nothing goes while something is on its way, or is being stored', async () => {
  const world = await open();
  const name = await put(world, large);
  world.isQuiet = false;
  await world.pass(3 * GRACE);
  world.isQuiet = true;
  let go: () => void = () => undefined;
  const waiting = new Promise<void>((resolve) => {
    go = resolve;
  });
  const slow = async function* (): AsyncGenerator<Uint8Array> {
    yield similar.subarray(0, 350_000);
    await waiting;
    yield similar.subarray(350_000);
  };
  const storing = world.contents.write(slow());
  await world.pass(5 * GRACE);
  expect(await world.contents.size(name)).toBe(large.byteLength);
  go();
  const { name: other } = await storing;
  world.named.add(await world.contents.nameInRecords(other));
  await world.pass(5 * GRACE);
  expect(await holds(world, other, similar)).toBe(true);
  expect(isListed(world, name)).toBe(false);
});

test('a blob that lies beside the store is known by its note alone, and goes', async () => {
  const world = await open();
  const name = await put(world, single);
  expect(world.beside.rows.has(blobKey(name))).toBe(true);
  world.named.add(name);
  const note = { type: 'put' as const, key: `unnamed/${blobKey(name)}`, value: Uint8Array.of(0) };
  await world.store.batch([note], { sync: true });
  await world.pass(3 * GRACE);
  expect(await holds(world, name, single)).toBe(true);
  world.named.clear();
  await world.store.batch([note], { sync: true });
  await world.pass(3 * GRACE);
  expect(count(world)).toBe(0);
});

test('where a list of a content is gone nothing is collected: nobody can tell what that needs', async () => {
  const world = await open();
  const name = await put(world, large);
  await put(world, small);
  const root = await world.contents.nameInRecords(name);
  world.named.add(root);
  world.store.rows.delete(blobKey(root));
  const before = count(world);
  await world.pass(5 * GRACE);
  expect(count(world)).toBe(before);
});

test('whichever batch fails or is torn, what is named stays whole, and the rest goes once it is opened again', async () => {
  let failed = 0;
  for (const torn of [0, 0.5, 1])
    for (let at = 1; ; at++) {
      let batches = Number.NEGATIVE_INFINITY;
      const failing = (store: Store): Store => ({
        ...store,
        batch: async (operations, options) => {
          batches += 1;
          if (batches < at) return store.batch(operations, options);
          if (batches === at)
            await store.batch(operations.slice(0, Math.floor(operations.length * torn)), options);
          throw new Error('no more');
        },
      });
      const world = await open({ through: failing });
      const [one, other] = [await put(world, large), await put(world, similar)];
      const [third, fourth] = [await put(world, small), await put(world, single)];
      for (const name of [other, third]) world.named.add(await world.contents.nameInRecords(name));
      await world.store.batch([{ type: 'put', key: `unnamed/${blobKey(fourth)}`, value: Uint8Array.of(0) }], {
        sync: true,
      });
      batches = 0;
      await world.pass(5 * GRACE);
      await world.end();
      if (batches < at) break;
      failed += 1;
      const { clock, named } = world;
      const again = await open({ rows: world.store.rows, files: world.beside.rows, clock, named });
      expect(await holds(again, other, similar)).toBe(true);
      expect(await holds(again, third, small)).toBe(true);
      await again.pass(6 * GRACE);
      expect(await holds(again, other, similar)).toBe(true);
      expect(await holds(again, third, small)).toBe(true);
      expect(isListed(again, one)).toBe(false);
      expect(await again.contents.size(fourth)).toBeUndefined();
      expect([...again.store.rows.keys()].filter((key) => key.startsWith('unnamed/'))).toEqual([]);
      await again.end();
    }
  expect(failed).toBeGreaterThan(12);
});

test('a clock that jumps ahead lets nothing go before this program has looked as often as in a grace time', async () => {
  const clock = new VirtualClock();
  let ahead = 0;
  const jumping: Clock = { now: () => clock.now() + ahead, after: (delay, run) => clock.after(delay, run) };
  const world = await open({ clock: jumping });
  const pass = async (): Promise<void> => {
    clock.advance(LOOK);
    await world.idle();
  };
  const name = await put(world, small);
  await pass();
  ahead = 1000 * GRACE;
  // Whoever stored it may be about to name it still.
  for (let looks = 7; looks > 0; looks--) await pass();
  expect(world.store.rows.has(blobKey(name))).toBe(true);
  await pass();
  expect(world.store.rows.has(blobKey(name))).toBe(false);
  // Set back, it counts anew.
  const other = await put(world, single);
  const again = await put(world, small);
  await pass();
  ahead = 0;
  for (let looks = 8; looks > 0; looks--) await pass();
  expect(world.store.rows.has(blobKey(again))).toBe(true);
  for (let looks = 2; looks > 0; looks--) await pass();
  expect(world.store.rows.has(blobKey(again))).toBe(false);
  // Of what is not small nobody knows that nobody named it ever.
  expect(world.beside.rows.has(blobKey(other))).toBe(true);
});

test('a content stays whose root is stored as a content of its own, or that others cut in another way', async () => {
  const world = await open();
  const { contents } = world;
  const name = await put(world, large);
  const root = await contents.nameInRecords(name);
  // A file that holds what stands for another file.
  await put(world, (await gather(contents.blobs.read(root))) as Uint8Array);
  const builder = new ManifestBuilder();
  const halves = [large.subarray(0, 250_000), large.subarray(250_000)].map((half) => blobOf(half));
  await contents.blobs.writeMany(halves);
  const nodes = halves.flatMap((half) => builder.add(half));
  const [other, ...rest] = builder.end({ name, size: large.byteLength });
  await contents.keepNodes([other, ...nodes, ...rest]);
  await contents.complete(other.name, decodeManifest(other.bytes)!);
  expect(await contents.nameInRecords(name)).toBe(other.name);
  world.named.add(root);
  await world.pass(5 * GRACE);
  expect(await holds(world, name, large)).toBe(true);
});
