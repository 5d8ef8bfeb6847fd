/**
 * What the programs of a machine keep on its disk: a database, and blobs as files beside it. It knows which blobs it had durably,
 * and which of them it lost because an older disk, or another machine's, took its place: nothing else may take one away.
 */
import type { BlobName, StoreOperation } from '@evermesh/core';
import { blobKey } from '@evermesh/core/log';
import { SimDatabase } from './sim-database.ts';

export type BlobFiles = Map<BlobName, Uint8Array>;

/** A copy of a disk, as a backup is one. */
export interface DiskImage {
  readonly rows: ReadonlyMap<string, Uint8Array>;
  readonly blobs: ReadonlyMap<BlobName, Uint8Array>;
  readonly durable: ReadonlySet<BlobName>;
  readonly rest: number;
}

/** What it is called where it is counted. */
export const COLLECTED = 'device collects a blob';

const EMPTY_DISK: DiskImage = { rows: new Map(), blobs: new Map(), durable: new Set(), rest: 0 };
const BLOB_ROW = blobKey('' as BlobName);

export class SimDisk {
  readonly database: SimDatabase = new SimDatabase();
  readonly blobs: BlobFiles = new Map();
  /** Of each blob that went with a disk, its bytes. */
  readonly lost: BlobFiles = new Map();
  /** The number of the last rest of the world of which it has everything that all had then: 0 for none. */
  rest = 0;
  /** Blobs that a program deleted. */
  collected = 0;
  #durable = new Set<BlobName>();

  /** A batch of the database. */
  write(operations: readonly StoreOperation[], sync: boolean): void {
    for (const { type, key } of operations)
      if (type === 'del' && key.startsWith(BLOB_ROW) && this.database.get(key) !== undefined)
        this.collected += 1;
    this.database.write(operations, sync);
    if (!sync) return;
    for (const { type, key } of operations)
      if (type === 'put' && key.startsWith(BLOB_ROW))
        this.#durable.add(key.slice(BLOB_ROW.length) as BlobName);
  }

  /** @throws if there is no room for it */
  writeBlob(name: BlobName, bytes: Uint8Array): void {
    if (this.database.isFull) this.database.take(bytes.byteLength);
    this.blobs.set(name, bytes);
    this.#durable.add(name);
  }

  deleteBlob(name: BlobName): void {
    if (this.blobs.delete(name)) this.collected += 1;
  }

  /** Somebody was told that these are durable here. */
  promises(names: Iterable<BlobName>): void {
    for (const name of names) this.#durable.add(name);
  }

  /** Whether it has the blob, or would if nothing had gone wrong but what befell it. */
  shouldHave(name: BlobName): boolean {
    return this.#durable.has(name) || this.#bytesOf(name) !== undefined;
  }

  copy(): DiskImage {
    const { database, blobs, rest } = this;
    return { rows: database.copy(), blobs: new Map(blobs), durable: new Set(this.#durable), rest };
  }

  /** Another one takes its place; without one it is empty. */
  replace({ rows, blobs, durable, rest }: DiskImage = EMPTY_DISK): void {
    for (const name of this.#durable) {
      const bytes = this.#bytesOf(name);
      if (bytes !== undefined && !durable.has(name)) this.lost.set(name, bytes);
    }
    this.database.replace(rows);
    this.blobs.clear();
    for (const [name, bytes] of blobs) this.blobs.set(name, bytes);
    this.#durable = new Set(durable);
    this.rest = rest;
  }

  #bytesOf(name: BlobName): Uint8Array | undefined {
    return this.blobs.get(name) ?? this.database.get(blobKey(name));
  }
}
