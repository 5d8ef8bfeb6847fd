import { describe, expect, test } from 'vitest';
import { authorOf, type DeviceId, type DocumentId, type FolderId, type RunId, toHex } from '../base/index.ts';
import { encodeRecord, type LogRecord, makeRecord, Reader } from '../protocol/index.ts';
import { encodePack, packedRecord, readPack, unpackedLength, unpackedRecord } from './pack.ts';

const record = (counter: number, body: Uint8Array): LogRecord =>
  makeRecord({
    folder: 'f0'.repeat(16) as FolderId,
    document: 'doc' as DocumentId,
    author: authorOf('01'.repeat(16) as DeviceId, 'aa'.repeat(8) as RunId),
    counter,
    prev: counter - 1,
    time: 1000 + counter,
    body,
  });

const BODIES = [new Uint8Array(0), Uint8Array.of(0, 0, 0), new Uint8Array(5000).fill(7), Uint8Array.of(255)];
const RECORDS = BODIES.map((body, i) => record(i + 1, body));
const PLACES = [3, 4, 900, 2 ** 40];
const PIECES = RECORDS.map((each, i) => packedRecord(PLACES[i] as number, each, encodeRecord(each)));

describe('a pack', () => {
  test('gives records back as they were, byte for byte, with their places', () => {
    const unpacked = readPack(new Reader(encodePack(PIECES)));
    expect(unpacked.map(({ seq }) => seq)).toEqual(PLACES);
    expect(unpacked.map((piece) => toHex(unpackedRecord(piece).bytes))).toEqual(
      RECORDS.map((each) => toHex(encodeRecord(each))),
    );
    expect(unpacked.map(unpackedLength)).toEqual(RECORDS.map((each) => encodeRecord(each).byteLength));
  });

  test('has the bytes that it always had', () => {
    const first = PIECES.slice(0, 2);
    // The digest; not deflated would be 00 instead of the length.
    expect(toHex(encodePack(first)).slice(64)).toMatchInlineSnapshot(
      `"70636236666034666664f880069853f29319d1c02a28606478c9ce409a1626c657ec0c400000"`,
    );
  });

  test('of records that say nearly the same takes a small part of their bytes', () => {
    const many = Array.from({ length: 200 }, (_, i) => record(i + 1, Uint8Array.of(0, 1, 1, i, 4, 1, 97)));
    const pieces = many.map((each, i) => packedRecord(i + 1, each, encodeRecord(each)));
    const before = pieces.reduce((sum, piece) => sum + unpackedLength(piece), 0);
    expect(encodePack(pieces).byteLength).toBeLessThan(before / 10);
  });

  test.each([
    ['a changed bit', (row: Uint8Array) => row.map((byte, i) => (i === row.length - 3 ? byte ^ 1 : byte))],
    ['no end', (row: Uint8Array) => row.slice(0, -1)],
    ['more behind its end', (row: Uint8Array) => Uint8Array.of(...row, 0)],
    ['nothing', () => new Uint8Array(0)],
  ])('with %s is told by name', (_what, damage) => {
    const row = damage(encodePack(PIECES));
    expect(() => readPack(new Reader(row))).toThrow(expect.objectContaining({ code: 'MESSAGE_MALFORMED' }));
  });
});
