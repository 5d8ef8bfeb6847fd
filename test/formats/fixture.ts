/** A fixture: what a store of one format held once, with what lay beside it, and what was to be seen through it. */
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { gunzipSync, gzipSync } from 'node:zlib';
import { memoryBlobs, memoryStore } from '@evermesh/adapters/memory';
import type { BlobName, BlobStore, Store } from '@evermesh/core';

/** Where they lie: a directory for each format. */
export const FIXTURES: string = fileURLToPath(new URL('../fixtures', import.meta.url));

/** What is seen of a folder: of each path what is there, and of each document what is held. */
export interface Sight {
  readonly nodes: Readonly<Record<string, string>>;
  /** Of each file, by path: counters by author. */
  readonly heads: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly conflicts: readonly string[];
}

export interface DiskEntry {
  readonly path: string;
  /** A directory has none of these. */
  readonly link?: string;
  /** In base64. */
  readonly bytes?: string;
  readonly executable?: boolean;
}

export interface Fixture {
  readonly format: number;
  readonly folder: string;
  /** Address of the relay, as the device knows it. */
  readonly address: string;
  /** Key and value, the value in base64, in the order of keys. */
  readonly rows: readonly (readonly [string, string])[];
  /** Of the blob store beside the store: contents in base64. */
  readonly blobs: readonly string[];
  /** Of a device: the directory that it mirrors. */
  readonly disk: readonly DiskEntry[];
  readonly sight: Sight;
}

/** Adapter-neutral, so that no database has to be opened for ever; compressed, because nobody edits it. */
export const packed = (fixture: Fixture): Uint8Array =>
  gzipSync(JSON.stringify(fixture, undefined, 1), { level: 9 });
export const unpacked = (bytes: Uint8Array): Fixture => JSON.parse(gunzipSync(bytes).toString()) as Fixture;

export async function rowsOf(store: Store): Promise<[string, string][]> {
  const rows: [string, string][] = [];
  for await (const [key, value] of store.iterator({ gte: '', lt: '\u{10FFFF}' }))
    rows.push([key, Buffer.from(value).toString('base64')]);
  return rows;
}

/** A store with the fixture's rows in it, closed. */
export async function storeOf({ rows }: Pick<Fixture, 'rows'>): Promise<Store> {
  const store = memoryStore();
  await store.open();
  await store.batch(
    rows.map(([key, value]) => ({ type: 'put', key, value: new Uint8Array(Buffer.from(value, 'base64')) })),
    { sync: true },
  );
  await store.close();
  return store;
}

export const blobNameOf = (content: Uint8Array): BlobName =>
  createHash('sha256').update(content).digest('hex') as BlobName;

/** Those of the contents that are in a blob store. */
export async function blobsOf(blobs: BlobStore, contents: readonly Uint8Array[]): Promise<string[]> {
  const found: string[] = [];
  for (const content of contents) {
    if ((await blobs.size(blobNameOf(content))) !== undefined)
      found.push(Buffer.from(content).toString('base64'));
  }
  return found;
}

export async function blobStoreOf({ blobs }: Pick<Fixture, 'blobs'>): Promise<BlobStore> {
  const store = memoryBlobs();
  await store.open();
  for (const blob of blobs) await store.write(once(new Uint8Array(Buffer.from(blob, 'base64'))));
  await store.close();
  return store;
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes;
}
