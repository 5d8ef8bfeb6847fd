import { describe, expect, test } from 'vitest';
import { type BlobName, concatBytes, fromHex, inOnePiece, toHex } from '../base/index.ts';
import {
  type BatchedBlob,
  encodeBlobBatch,
  encodeBlobNames,
  readBlobBatch,
  readBlobNames,
} from './blob-batch.ts';
import { LIMITS } from './limits.ts';

const name = (byte: number): BlobName => byte.toString(16).padStart(2, '0').repeat(32) as BlobName;
const small = (byte: number, size: number): BatchedBlob => ({
  name: name(byte),
  size,
  bytes: new Uint8Array(size).fill(byte),
});
const batch: BatchedBlob[] = [
  small(1, 3),
  small(2, 0),
  { name: name(3), size: LIMITS.smallBlobBytes + 1, bytes: undefined },
  small(4, 300),
  small(5, LIMITS.smallBlobBytes),
  small(6, 0),
];

async function* inPieces(bytes: Uint8Array, length: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += length) {
    await Promise.resolve();
    yield bytes.subarray(at, at + length);
  }
}

async function read(pieces: AsyncIterable<Uint8Array>): Promise<BatchedBlob[]> {
  const all: BatchedBlob[] = [];
  for await (const { bytes, ...rest } of readBlobBatch(pieces)) all.push({ ...rest, bytes: bytes?.slice() });
  return all;
}

describe('a batch of blobs', () => {
  test('has golden bytes', () => {
    const bytes = encodeBlobBatch([small(1, 3), { name: name(2), size: 70_000, bytes: undefined }]);
    expect(toHex(bytes)).toBe(`${'01'.repeat(32)}03010101${'02'.repeat(32)}f0a204`);
  });

  test.each([1, 7, 33, 1000, 200_000])('is read as it was written, in pieces of %i bytes', async (length) => {
    expect(await read(inPieces(encodeBlobBatch(batch), length))).toEqual(batch);
  });

  test('of none has no bytes', async () => {
    expect(encodeBlobBatch([]).byteLength).toBe(0);
    expect(await read(inOnePiece(new Uint8Array(0)))).toEqual([]);
  });

  test('that ends anywhere but behind a blob is malformed', async () => {
    const whole = encodeBlobBatch([small(1, 3), small(2, 200)]);
    const ends = new Set([0, 36, whole.byteLength]);
    for (let end = 0; end <= whole.byteLength; end++) {
      const reading = read(inOnePiece(whole.subarray(0, end)));
      if (ends.has(end)) await reading;
      else await expect(reading, `${end} bytes`).rejects.toMatchObject({ code: 'MESSAGE_MALFORMED' });
    }
  });

  test('with a length that is no number is malformed, before any byte of it is awaited', async () => {
    const absurd = concatBytes([fromHex(name(1)), new Uint8Array(8).fill(0xff)]);
    await expect(read(inPieces(absurd, 1))).rejects.toMatchObject({ code: 'MESSAGE_MALFORMED' });
  });

  test('hands on a blob before the next one has come', async () => {
    const reading = readBlobBatch(
      (async function* broken() {
        yield encodeBlobBatch([small(1, 3)]);
        await Promise.resolve();
        throw new Error('the network is gone');
      })(),
    );
    expect((await reading.next()).value).toEqual(small(1, 3));
    await expect(reading.next()).rejects.toThrow('the network is gone');
  });
});

describe('names of blobs', () => {
  test('are read as they were written', async () => {
    const names = [name(1), name(2), name(1)];
    expect(await readBlobNames(inPieces(encodeBlobNames(names), 5))).toEqual(names);
    expect(await readBlobNames(inOnePiece(encodeBlobNames([])))).toEqual([]);
  });

  test('that are cut off, or too many, are refused', async () => {
    const names = Array.from({ length: LIMITS.batchBlobs }, () => name(1));
    expect(await readBlobNames(inOnePiece(encodeBlobNames(names)))).toHaveLength(LIMITS.batchBlobs);
    const tooMany = readBlobNames(inOnePiece(encodeBlobNames([...names, name(2)])));
    await expect(tooMany).rejects.toMatchObject({ code: 'MESSAGE_TOO_LARGE' });
    const cutOff = readBlobNames(inOnePiece(new Uint8Array(33)));
    await expect(cutOff).rejects.toMatchObject({ code: 'MESSAGE_MALFORMED' });
  });
});
