/**
 * Laws of contents:
 *
 * - What is written is read, from any place on.
 * - What stands for it in records depends on its bytes alone.
 * - A chunk that is missing or damaged is told by a code: nothing short and nothing else is ever read to its end. Once the chunk
 *   is here again, so is the content.
 * - Two contents share what they have in common.
 *
 * PROP_RUNS sets the number of runs, PROP_SEED replays one.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { type BlobName, concatBytes, equalBytes, gather, inOnePiece, sha256, toHex } from '../base/index.ts';
import { memoryStore, type MemoryStore } from '../testing/memory-store.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { Committer } from './committer.ts';
import { Contents } from './contents.ts';
import { blobKey, chunkKey } from './keys.ts';

const RUNS = Number(process.env['PROP_RUNS'] ?? 20);
const SEED = process.env['PROP_SEED'];
const PARAMETERS = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };

function open(rows?: Map<string, Uint8Array>): { contents: Contents; store: MemoryStore } {
  const store = memoryStore(rows);
  return { contents: new Contents(store, new Committer(store)), store };
}

async function* inPieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += length) {
    await Promise.resolve();
    yield bytes.subarray(at, at + length);
  }
}

async function read(contents: Contents, name: BlobName): Promise<void> {
  for await (const _ of contents.read(name));
}

const holds = async (contents: Contents, name: BlobName, bytes: Uint8Array, from = 0): Promise<boolean> =>
  equalBytes((await gather(contents.read(name, from))) as Uint8Array, bytes.subarray(from));

const chunksIn = ({ rows }: MemoryStore): BlobName[] =>
  [...rows.keys()].filter((key) => key.startsWith('chunk/')).map((key) => key.slice(6) as BlobName);

const content = fc
  .record({ seed: fc.nat(), length: fc.integer({ min: 0, max: 900_000 }) })
  .map(({ seed, length }) => seededRandom(seed).bytes(length));

test('what is written is read, and named by its bytes alone', async () => {
  let inChunks = 0;
  await fc.assert(
    fc.asyncProperty(
      content,
      fc.integer({ min: 1000, max: 400_000 }),
      fc.double({ min: 0, max: 1, noNaN: true }),
      async (bytes, length, place) => {
        const [one, other] = [open(), open()];
        const written = await one.contents.write(inPieces(bytes, length));
        expect(written).toEqual({ name: toHex(sha256(bytes)), size: bytes.byteLength });
        await other.contents.write(inOnePiece(bytes), written.name);
        const offset = Math.floor(place * bytes.byteLength);
        expect(await holds(one.contents, written.name, bytes)).toBe(true);
        expect(await holds(one.contents, written.name, bytes, offset)).toBe(true);
        expect(await one.contents.size(written.name)).toBe(bytes.byteLength);
        const named = await one.contents.nameInRecords(written.name);
        expect(named).toBe(await other.contents.nameInRecords(written.name));
        expect(named === written.name).toBe(bytes.byteLength <= 256 * 1024);
        if (named !== written.name) inChunks += 1;
      },
    ),
    PARAMETERS,
  );
  expect(inChunks).toBeGreaterThan(RUNS / 4);
});

test('a chunk that is missing is told, and fetched again mends the content', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.nat(), async (seed, which) => {
      const { contents, store } = open();
      const first = seededRandom(seed).bytes(400_000);
      await contents.write(inOnePiece(first));
      const bytes = concatBytes([first.subarray(0, 100_000), Uint8Array.of(7), first.subarray(100_000)]);
      const { name } = await contents.write(inOnePiece(bytes));
      const manifest = await contents.manifest(await contents.nameInRecords(name));
      const chunks = manifest?.entries.map((entry) => entry.name) ?? [];
      const lost = chunks[which % chunks.length] as BlobName;
      const chunk = (await gather(contents.blobs.read(lost))) as Uint8Array;
      // A pack of one chunk is that chunk.
      for (const key of [chunkKey(lost), blobKey(lost)]) store.rows.delete(key);
      await expect(read(contents, name)).rejects.toMatchObject({ code: 'BLOB_DAMAGED' });
      expect(await contents.size(name)).toBeUndefined();

      if (manifest === undefined) throw new Error('It is in chunks.');
      await contents.blobs.writeMany([{ name: lost, size: chunk.byteLength, bytes: chunk }]);
      await contents.complete(await contents.nameInRecords(name), manifest);
      expect(await holds(contents, name, bytes)).toBe(true);
    }),
    PARAMETERS,
  );
});

test('a content that differs in one place takes the room of its change', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.nat({ max: 1_000_000 }), async (seed, at) => {
      const { contents, store } = open();
      const bytes = seededRandom(seed).bytes(1_000_000);
      await contents.write(inOnePiece(bytes));
      const [before, room] = [chunksIn(store).length, sizeOf(store)];
      await contents.write(
        inOnePiece(concatBytes([bytes.subarray(0, at), Uint8Array.of(7), bytes.subarray(at)])),
      );
      expect(chunksIn(store).length - before).toBeLessThanOrEqual(6);
      expect(sizeOf(store) - room).toBeLessThan(400_000);
    }),
    PARAMETERS,
  );
});

const sizeOf = ({ rows }: MemoryStore): number =>
  [...rows.values()].reduce((sum, { byteLength }) => sum + byteLength, 0);
