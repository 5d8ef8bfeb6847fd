/**
 * Laws of chunks:
 *
 * - They are the content, in order, each of 4 KiB to 64 KiB but for the last.
 * - Where a content is cut does not depend on the pieces in which it comes.
 * - An edit changes few chunks, wherever it is: what it does not touch is cut as before.
 *
 * PROP_RUNS sets the number of runs, PROP_SEED replays one.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { concatBytes, equalBytes, sha256, toHex } from '../base/index.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { Cutter } from './cut.ts';

const RUNS = Number(process.env['PROP_RUNS'] ?? 40);
const SEED = process.env['PROP_SEED'];
const PARAMETERS = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };

function cut(pieces: Iterable<Uint8Array>): Uint8Array[] {
  const cutter = new Cutter();
  const chunks: Uint8Array[] = [];
  for (const piece of pieces) chunks.push(...cutter.push(piece));
  return [...chunks, ...cutter.end()];
}

function* inPieces(bytes: Uint8Array, lengths: readonly number[]): Generator<Uint8Array> {
  let at = 0;
  for (let i = 0; at < bytes.byteLength; i++) {
    const length = lengths[i % lengths.length] as number;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

/** Random bytes, and stretches in which nothing says where to cut. */
const content = fc
  .array(fc.record({ seed: fc.nat(), length: fc.integer({ min: 0, max: 200_000 }), flat: fc.boolean() }), {
    minLength: 1,
    maxLength: 4,
  })
  .map((parts) =>
    concatBytes(
      parts.map(({ seed, length, flat }) =>
        flat ? new Uint8Array(length).fill(seed) : seededRandom(seed).bytes(length),
      ),
    ),
  );
const lengths = fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 6 });

test('chunks are the content, whatever the pieces in which it comes', () => {
  fc.assert(
    fc.property(content, lengths, (bytes, given) => {
      const chunks = cut([bytes]);
      expect(equalBytes(concatBytes(chunks), bytes)).toBe(true);
      expect(cut(inPieces(bytes, given)).map((chunk) => chunk.byteLength)).toEqual(
        chunks.map((chunk) => chunk.byteLength),
      );
      for (const [i, { byteLength }] of chunks.entries()) {
        expect(byteLength).toBeLessThanOrEqual(65_536);
        if (i < chunks.length - 1) expect(byteLength).toBeGreaterThanOrEqual(4096);
      }
    }),
    PARAMETERS,
  );
});

test('an edit changes few chunks', () => {
  const names = (bytes: Uint8Array): string[] => cut([bytes]).map((chunk) => toHex(sha256(chunk)));
  const edit = fc.record({
    at: fc.nat({ max: 400_000 }),
    removed: fc.nat({ max: 300 }),
    inserted: fc.nat({ max: 300 }),
  });
  fc.assert(
    fc.property(fc.nat(), edit, (seed, { at, removed, inserted }) => {
      const random = seededRandom(seed);
      const before = random.bytes(400_000);
      const after = concatBytes([
        before.subarray(0, at),
        random.bytes(inserted),
        before.subarray(at + removed),
      ]);
      const known = new Set(names(before));
      const changed = names(after).filter((name) => !known.has(name));
      // The chunk that is edited, and those behind it until both are cut at one place again.
      expect(changed.length).toBeLessThanOrEqual(8);
    }),
    PARAMETERS,
  );
});

test('the places are constants of the format', () => {
  const lengthsOf = cut([seededRandom(1).bytes(300_000)]).map((chunk) => chunk.byteLength);
  expect(lengthsOf).toMatchInlineSnapshot(`
    [
      16686,
      21106,
      18905,
      20606,
      20650,
      28527,
      19854,
      19508,
      26194,
      17145,
      17390,
      26417,
      18679,
      14986,
      13347,
    ]
  `);
});
