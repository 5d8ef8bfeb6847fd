/**
 * Contents in chunks that every format wrote are opened by the newest code, for ever: from rows of chunks and of contents, lists, and packs.
 * A chunk that is missing or damaged is named, and never a shorter file.
 */
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { memoryBlobs } from '@evermesh/adapters/memory';
import { type BlobName, type BlobStore, type Folder, isEvermeshError } from '@evermesh/core';
import { readPlace, STORE_FORMAT } from '@evermesh/core/log';
import { describe, expect, test } from 'vitest';
import { blobNameOf, blobStoreOf, type Fixture, FIXTURES, storeOf } from './fixture.ts';
import { FILM_PATH } from './large-story.ts';
import { fixtureOf, newDevice, openDevice, openRelay } from './opened.ts';
import { sightOf } from './sight.ts';

/** Of the pack. */
const DAMAGED_BYTE = 700_000;
/** Of the pack, in its second chunk: what the content begins with is in another pack since there is more in front of it. */
const FIRST_SHARED_BYTE = 66_000;

const FORMATS = (await readdir(FIXTURES))
  .filter((format) => existsSync(join(FIXTURES, format, 'large-device.json.gz')))
  .sort();

/** What lay beside the store, of which a disk lost the packs, or changed a byte in them. */
async function brokenBlobs(fixture: Fixture, how: 'missing' | 'damaged'): Promise<BlobStore> {
  if (how === 'missing') return memoryBlobs();
  const blobs = await blobStoreOf(fixture);
  const packs = new Set(fixture.blobs.map((blob) => blobNameOf(Buffer.from(blob, 'base64'))));
  return {
    open: () => blobs.open(),
    close: () => blobs.close(),
    size: (name) => blobs.size(name),
    write: (pieces, expected) => blobs.write(pieces, expected),
    delete: (name) => blobs.delete(name),
    async *read(name, offset = 0) {
      let at = offset;
      for await (const piece of blobs.read(name, offset)) {
        const bytes = piece.slice();
        const place = DAMAGED_BYTE - at;
        if (packs.has(name) && place >= 0 && place < bytes.byteLength) bytes[place]! ^= 1;
        yield bytes;
        at += bytes.byteLength;
      }
    },
  };
}

const filmOf = ({ sight }: Fixture): { size: number; name: BlobName } => {
  const [, size, , name] = sight.nodes[FILM_PATH]?.split(' ') ?? [];
  return { size: Number(size), name: name as BlobName };
};

/** What reading the file fails with, and why that happened. */
async function failureOf(folder: Folder): Promise<readonly [code: string, name: unknown, message: string][]> {
  const failures: [string, unknown, string][] = [];
  let error: unknown;
  try {
    await folder.readFile(FILM_PATH);
  } catch (caught) {
    error = caught;
  }
  for (; isEvermeshError(error); error = error.cause)
    failures.push([error.code, error.details['name'], error.message]);
  return failures;
}

/** The first chunk of the pack, or the one with the damaged byte, as the rows of the fixture have it. */
async function lostChunk(fixture: Fixture, how: 'missing' | 'damaged'): Promise<string | undefined> {
  const store = await storeOf(fixture);
  await store.open();
  const pack = blobNameOf(Buffer.from(fixture.blobs[0] ?? '', 'base64'));
  const lost = how === 'missing' ? FIRST_SHARED_BYTE : DAMAGED_BYTE;
  for await (const [key, row] of store.iterator({ gte: 'chunk/', lt: 'chunk0' })) {
    const place = readPlace(key, row);
    if (place.pack === pack && place.offset <= lost && lost < place.offset + place.size)
      return key.slice('chunk/'.length);
  }
  return undefined;
}

test('the present format has them', () => {
  expect(FORMATS).toContain(`format-${STORE_FORMAT}`);
});

describe.each(FORMATS)('%s', (format) => {
  test('of a device shows its large contents, those of earlier versions too, and verifies', async () => {
    const fixture = await fixtureOf(format, 'large-device');
    const { folder } = await openDevice(fixture);
    expect(await sightOf(folder)).toEqual(fixture.sight);
    const versions = await folder.versions(FILM_PATH);
    const sizes = await Promise.all(
      versions.map(async (version) => (await folder.readVersion(FILM_PATH, version)).byteLength),
    );
    expect(sizes).toEqual([filmOf(fixture).size, filmOf(fixture).size - 10]);
    expect(await folder.verify()).toEqual([]);
  });

  test('of a relay gives them to a device that is new', async () => {
    const fixture = await fixtureOf(format, 'large-relay');
    const relay = await openRelay(fixture);
    const { device, folder } = await newDevice('eve', fixture);
    await device.meet(relay);
    expect(await sightOf(folder)).toEqual(fixture.sight);
    expect(await folder.verify()).toEqual([]);
  });

  test.each(['missing', 'damaged'] as const)(
    'of a device of which chunks are %s names the content and the chunk, shows nothing shorter, and fetches them again',
    async (how) => {
      const fixture = await fixtureOf(format, 'large-device');
      const { device, folder } = await openDevice(fixture, await brokenBlobs(fixture, how));
      const [content, chunk] = await failureOf(folder);
      expect(content?.slice(0, 2)).toEqual(['BLOB_DAMAGED', filmOf(fixture).name]);
      expect(chunk?.slice(0, 2)).toEqual(['BLOB_DAMAGED', await lostChunk(fixture, how)]);
      expect(await folder.stat(FILM_PATH)).toMatchObject({ isHere: false });
      const relay = await openRelay(await fixtureOf(format, 'large-relay'));
      await device.meet(relay);
      expect(await sightOf(folder)).toEqual(fixture.sight);
    },
  );
});
