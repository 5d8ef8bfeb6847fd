/** What Evermesh relies on of a blob store: a blob is there whole and verified, or not at all. */
import { type BlobName, concatBytes, sha256, toHex } from '@evermesh/core/base';
import type { BlobStore } from '@evermesh/core/log';
import { fails, same } from './claims.ts';
import type { TestFunctions } from './test-functions.ts';

/** A place where blobs lie, for one test. */
export interface BlobPlace {
  /** A blob store over that place, not opened yet. It is asked for again when the one before was closed. */
  blobs(): BlobStore;
  /** Removes the place. The blob store is closed. */
  remove(): Promise<void>;
}

const nameOf = (bytes: Uint8Array): BlobName => toHex(sha256(bytes)) as BlobName;
function bytesOf(length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let i = 0; i < length; i++) bytes[i] = i * 7 + (i >> 8);
  return bytes;
}

/** In pieces, so that none of them is the whole. */
async function* inPieces(bytes: Uint8Array, length = 1000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += length) {
    await Promise.resolve();
    yield bytes.subarray(at, at + length);
  }
}

async function* brokenOff(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield* inPieces(bytes);
  throw new Error('the network is gone');
}

/** As a reader that fills one array again and again. */
async function* reusing(): AsyncGenerator<Uint8Array> {
  const piece = new Uint8Array(2);
  for (const byte of [1, 2, 3]) {
    await Promise.resolve();
    piece.fill(byte);
    yield piece;
  }
}

async function allOf(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const piece of pieces) all.push(piece.slice());
  return concatBytes(all);
}

/**
 * Declares the suite.
 * @param name of the adapter
 * @param newPlace makes an empty place for one test
 */
export function testBlobStore(
  name: string,
  newPlace: () => Promise<BlobPlace>,
  { describe, test }: TestFunctions,
): void {
  const promise = (title: string, body: (blobs: BlobStore, place: BlobPlace) => Promise<void>): void => {
    test(title, async () => {
      const place = await newPlace();
      const blobs = place.blobs();
      await blobs.open();
      try {
        await body(blobs, place);
      } finally {
        await blobs.close().catch(() => undefined);
        await place.remove();
      }
    });
  };
  const content = bytesOf(5000);
  const wrong = nameOf(bytesOf(3));

  describe(`${name} is a blob store`, () => {
    promise('names a blob by the SHA-256 of its bytes', async (blobs) => {
      same(await blobs.write(inPieces(content)), { name: nameOf(content), size: 5000 }, 'what was written');
      same(await allOf(blobs.read(nameOf(content))), content, 'what is read');
    });

    promise('knows the size of a blob that is here, and of no other', async (blobs) => {
      await blobs.write(inPieces(content));
      same(await blobs.size(nameOf(content)), 5000, 'the size');
      same(await blobs.size(wrong), undefined, 'the size of another');
    });

    promise('keeps a blob of no bytes', async (blobs) => {
      const empty = new Uint8Array(0);
      same(await blobs.write(inPieces(empty)), { name: nameOf(empty), size: 0 }, 'what was written');
      same(await blobs.size(nameOf(empty)), 0, 'the size');
      same(await allOf(blobs.read(nameOf(empty))), empty, 'what is read');
    });

    promise('keeps a blob of many megabytes', async (blobs) => {
      const large = bytesOf(9 * 1024 * 1024);
      const written = await blobs.write(inPieces(large, 70_000), nameOf(large));
      same(written.size, large.byteLength, 'the size');
      same(nameOf(await allOf(blobs.read(written.name))), written.name, 'the hash of what is read');
    });

    promise('takes bytes that hash to the name that is expected', async (blobs) => {
      await blobs.write(inPieces(content), nameOf(content));
      same(await blobs.size(nameOf(content)), 5000, 'the size');
    });

    promise('stores nothing of bytes that hash to another name', async (blobs) => {
      await fails(blobs.write(inPieces(content), wrong), 'BLOB_DAMAGED', 'a write');
      same(await blobs.size(wrong), undefined, 'the size under the name expected');
      same(await blobs.size(nameOf(content)), undefined, 'the size under the name they hash to');
    });

    promise('stores nothing of a write that is broken off', async (blobs) => {
      await fails(blobs.write(brokenOff(content)), undefined, 'a write');
      same(await blobs.size(nameOf(content)), undefined, 'the size');
      await blobs.write(inPieces(content));
      same(await allOf(blobs.read(nameOf(content))), content, 'what a later write left');
    });

    promise('keeps a blob although the pieces change after they were given', async (blobs) => {
      const bytes = Uint8Array.of(1, 1, 2, 2, 3, 3);
      same((await blobs.write(reusing())).name, nameOf(bytes), 'the name');
      same(await allOf(blobs.read(nameOf(bytes))), bytes, 'what is read');
    });

    promise('reads from an offset', async (blobs) => {
      await blobs.write(inPieces(content));
      same(await allOf(blobs.read(nameOf(content), 4321)), content.subarray(4321), 'the rest');
      same(await allOf(blobs.read(nameOf(content), 5000)), new Uint8Array(0), 'what is behind the end');
    });

    promise('may be left in the middle of a read', async (blobs) => {
      const { name: large } = await blobs.write(inPieces(bytesOf(1024 * 1024)));
      for await (const piece of blobs.read(large)) if (piece.byteLength > 0) break;
      same(await blobs.size(large), 1024 * 1024, 'the size after it');
    });

    promise('does not find what is not here', async (blobs) => {
      await fails(allOf(blobs.read(wrong)), 'BLOB_NOT_FOUND', 'a read');
      await fails(allOf(blobs.read(wrong, 10)), 'BLOB_NOT_FOUND', 'a read from an offset');
    });

    promise('keeps one blob of bytes written twice, and at one time', async (blobs) => {
      await Promise.all([
        blobs.write(inPieces(content)),
        blobs.write(inPieces(content)),
        blobs.write(inPieces(content)),
      ]);
      same(await blobs.write(inPieces(content)), { name: nameOf(content), size: 5000 }, 'what was written');
      await blobs.delete(nameOf(content));
      same(await blobs.size(nameOf(content)), undefined, 'the size after one delete');
    });

    promise('deletes one blob, and takes it again', async (blobs) => {
      await blobs.write(inPieces(content));
      await blobs.write(inPieces(bytesOf(3)));
      await blobs.delete(nameOf(content));
      await fails(allOf(blobs.read(nameOf(content))), 'BLOB_NOT_FOUND', 'a read');
      same(await blobs.size(wrong), 3, 'the size of another');
      await blobs.write(inPieces(content));
      same(await blobs.size(nameOf(content)), 5000, 'the size');
    });

    promise('deletes what is not here without a word', async (blobs) => {
      await blobs.delete(wrong);
      same(await blobs.size(wrong), undefined, 'the size');
    });

    promise('keeps its blobs when it is closed and opened again', async (blobs, place) => {
      await blobs.write(inPieces(content));
      await blobs.close();
      const again = place.blobs();
      await again.open();
      same(await allOf(again.read(nameOf(content))), content, 'what is read');
      await again.close();
    });
  });
}
