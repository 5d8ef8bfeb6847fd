/** What a removal is written as: it says what was meant, costs little, and whatever else is there instead says nothing. */
import * as fc from 'fast-check';
import { saidIn } from '@evermesh/testkit/tree';
import { describe, expect, test } from 'vitest';
import { type AuthorId, authorFromBytes, type NodeId, nodeIdFrom } from '../../base/index.ts';
import { Writer } from '../../protocol/index.ts';
import { encodeRemoval, hadSeen, parseRemoval, type RemovedNode } from './removal.ts';

const RUNS = Number(process.env['PROP_RUNS'] ?? 200);
const author = (number: number): AuthorId => authorFromBytes(new Uint8Array(24).fill(number));

/** Ids as random as they are. */
function idOf(number: number): NodeId {
  const bytes = new Uint8Array(12);
  let state = number + 1;
  for (let i = 0; i < 12; i++) {
    state = (Math.imul(state ^ (state >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    bytes[i] = (state ^ (state >>> 13)) & 0xff;
  }
  return nodeIdFrom(bytes);
}

const plain = (number: number, seen: [AuthorId, number][] = []): RemovedNode => ({
  id: idOf(number),
  placedToken: '',
  namedToken: '',
  via: idOf(0),
  viaGroup: ',',
  seen: new Map(seen),
});

const node = fc.record({
  placedToken: fc.constantFrom('', '1.aaaaaaaaaa', '\u00e9'),
  namedToken: fc.constantFrom('', '2.aaaaaaaaaa'),
  via: fc.constantFrom(undefined, idOf(1), idOf(2)),
  seen: fc
    .uniqueArray(fc.tuple(fc.integer({ min: 1, max: 3 }), counterUpToTheLast()), {
      selector: ([of]) => of,
      maxLength: 3,
    })
    .map((heads) => new Map(heads.map(([of, counter]) => [author(of), counter]))),
});

function counterUpToTheLast(): fc.Arbitrary<number> {
  return fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(2 ** 32, Number.MAX_SAFE_INTEGER));
}

const removed = fc
  .array(node, { maxLength: 30 })
  .map((all) =>
    all.map((one, i): RemovedNode => ({ ...one, id: idOf(i), viaGroup: one.via === undefined ? '' : 'g,' })),
  );

const start = (id: NodeId): string => Buffer.from(id.slice(1), 'base64url').toString('hex');

test('what is read is what was written, by the product and by who reads it plainly', () => {
  fc.assert(
    fc.property(removed, (nodes) => {
      const bytes = encodeRemoval(
        nodes,
        nodes.map(({ id }) => id),
      );
      const wanted = new Map(nodes.map(({ id, ...said }) => [start(id), said]));
      const plainly = saidIn(bytes) ?? [];
      expect(new Map(plainly.map(({ start: of, ...said }) => [of, said]))).toEqual(wanted);
      for (const part of parseRemoval(bytes) ?? []) {
        for (let at = 0; at < part.count; at++) {
          const of = Buffer.from(part.ids.subarray(at * 12, at * 12 + 12)).toString('hex');
          const { seen, ...quoted } = wanted.get(of) as NonNullable<ReturnType<typeof wanted.get>>;
          wanted.delete(of);
          expect(part).toMatchObject(quoted);
          expect(hadSeen(part, at, seen)).toBe(true);
          for (const [who, counter] of seen)
            expect(hadSeen(part, at, new Map([...seen, [who, counter + 1]]))).toBe(false);
          expect(hadSeen(part, at, new Map([...seen, [author(9), 1]]))).toBe(false);
        }
      }
      expect(wanted.size).toBe(0);
    }),
    { numRuns: RUNS },
  );
});

test('any bytes at all are read alike by the product and by who reads them plainly', () => {
  const damaged = fc
    .tuple(removed, fc.array(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { maxLength: 4 }), fc.nat({ max: 8 }))
    .map(([nodes, changes, lost]) => {
      const bytes = encodeRemoval(nodes, []).slice();
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      return bytes.slice(0, bytes.length - lost);
    });
  fc.assert(
    fc.property(fc.oneof(damaged, fc.uint8Array({ maxLength: 60 })), (bytes) => {
      const parts = parseRemoval(bytes);
      const said = saidIn(bytes);
      expect(parts?.reduce((sum, { count }) => sum + count, 0)).toBe(said?.length);
    }),
    { numRuns: 5 * RUNS },
  );
});

describe('a removal', () => {
  test('of 10,000 files that came together takes 8 bytes for each, and little beside', () => {
    const nodes = Array.from({ length: 10_000 }, (_, i) => plain(i, [[author(1), 500 + i]]));
    const bytes = encodeRemoval(
      nodes,
      nodes.map(({ id }) => id),
    );
    expect(bytes.byteLength).toBeLessThan(80_100);
    expect(parseRemoval(bytes)?.map(({ count, width }) => [count, width])).toEqual([[10_000, 8]]);
  });

  test('of 10,000 files, each edited by itself, takes less than 10 bytes for each', () => {
    const nodes = Array.from({ length: 10_000 }, (_, i) =>
      plain(i, [[author(1), 1 + ((i * 7919) % 30_011)]]),
    );
    const bytes = encodeRemoval(
      nodes,
      nodes.map(({ id }) => id),
    );
    expect(bytes.byteLength).toBeLessThan(100_000);
  });

  test('of one file takes less than 60 bytes', () => {
    const one = { ...plain(1, [[author(1), 70_000]]), via: undefined, viaGroup: '' };
    expect(encodeRemoval([one], [one.id]).byteLength).toBeLessThan(60);
  });

  test('that claims more counters than memory holds in few bytes is read as it is', () => {
    // 2,000 authors, of each of whom the same was seen of 500,000 nodes.
    const [authors, count] = [2000, 500_000];
    const writer = new Writer().byte(1).byte(8).uint(authors);
    for (let i = 0; i < authors; i++) writer.raw(new Uint8Array(24).fill(i & 0xff).fill(i >> 8, 0, 12));
    writer.uint(0).text('').text('').uint(0).uint(authors);
    for (let i = 0; i < authors; i++) writer.uint(i);
    writer.uint(count).raw(new Uint8Array(8 * count));
    for (let i = 0; i < authors; i++)
      writer
        .uint(2)
        .uint(7)
        .uint(2 * (count - 1))
        .uint(0);
    const [part] = parseRemoval(writer.finish()) ?? [];
    expect(part?.counters.map((column) => column.at(count - 1))).toEqual(Array(authors).fill(7));
  });

  test('names all in full where one that is cut would be another one as well', () => {
    const nodes = Array.from({ length: 2000 }, (_, i) => plain(i));
    const known = nodes.map(({ id }) => id);
    const alike = `${known[7]?.slice(0, 12)}zzzzz` as NodeId;
    expect(parseRemoval(encodeRemoval(nodes, [...known, alike]))?.map(({ width }) => width)).toEqual([12]);
    const inside = [...nodes, { ...plain(1), id: alike }];
    expect(parseRemoval(encodeRemoval(inside, [...known, alike]))?.map(({ width }) => width)).toEqual([12]);
  });
});
