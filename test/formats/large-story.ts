/**
 * What happens to the folder of the fixtures with large contents: one is made and sent, and gets a few bytes in front of what it had; a short
 * one is stored in chunks as well, because it begins as a list of chunks does. What is stored of them are packs, rows of chunks, and lists.
 */
import type { BlobStore, Folder, Store } from '@evermesh/core';
import { readPlace } from '@evermesh/core/log';
import { CastDevice, type CastRelay } from './cast.ts';

/** No text, nearly the same line again and again, so that it takes little room here; long enough for a pack at a relay. */
const FILM: Uint8Array = new TextEncoder().encode(
  `\0${Array.from({ length: 12_000 }, (_, i) => `${i}: ${'a picture of a film '.repeat(5)}\n`).join('')}`,
);
const ODD: Uint8Array = new TextEncoder().encode('evermesh\0chunks1 and then something that is no list');

export const FILM_PATH = 'film.bin';

/** @returns the device, which is open, and its folder */
export async function tellLarge(relay: CastRelay): Promise<{ ada: CastDevice; folder: Folder }> {
  const ada = new CastDevice('ada');
  const folder = await (await ada.open()).createFolder({ name: 'large contents' });
  await folder.writeFile(FILM_PATH, FILM);
  await folder.writeFile('odd.bin', ODD);
  await ada.meet(relay);
  ada.clock.pass(60_000);
  const edited = new Uint8Array(FILM.byteLength + 10);
  edited.set(FILM, 10);
  await folder.writeFile(FILM_PATH, edited);
  await ada.meet(relay);
  return { ada, folder };
}

/** What lies beside the store: the packs that its rows of chunks name, in base64. */
export async function packsBeside(store: Store, blobs: BlobStore): Promise<string[]> {
  const names = new Set<string>();
  for await (const [key, row] of store.iterator({ gte: 'chunk/', lt: 'chunk0' }))
    names.add(readPlace(key, row).pack);
  const packs: string[] = [];
  for (const name of [...names].sort()) {
    if ((await blobs.size(name as Parameters<BlobStore['size']>[0])) === undefined) continue;
    const pieces: Uint8Array[] = [];
    for await (const piece of blobs.read(name as Parameters<BlobStore['read']>[0])) pieces.push(piece);
    packs.push(Buffer.concat(pieces).toString('base64'));
  }
  return packs;
}
