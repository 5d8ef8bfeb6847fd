/** A suite that accepts everything proves nothing: each promise here is broken once, and the suites notice. */
import { type BlobName, concatBytes, sha256, toHex } from '@evermesh/core/base';
import { EvermeshError } from '@evermesh/core/errors';
import type { BlobStore, Store, StoreOperation } from '@evermesh/core/log';
import { describe, expect, test } from 'vitest';
import { type BlobPlace, type StorePlace, testBlobStore, type TestFunctions, testStore } from './index.ts';

/** Runs a suite, and returns the titles of the promises that were not kept. */
async function broken(declare: (runner: TestFunctions) => void): Promise<string[]> {
  const tests: [string, () => Promise<void>][] = [];
  declare({ describe: (_, body) => body(), test: (title, body) => tests.push([title, body]) });
  const failed: string[] = [];
  for (const [title, body] of tests) await body().catch(() => failed.push(title));
  return failed;
}

/** A store that keeps every promise, but for those that the test replaces. */
class PlainStore implements Store {
  rows = new Map<string, Uint8Array>();
  isOpen = false;

  open(): Promise<void> {
    this.isOpen = true;
    return Promise.resolve();
  }

  close(): Promise<void> {
    this.isOpen = false;
    return Promise.resolve();
  }

  async get(key: string): Promise<Uint8Array | undefined> {
    await this.check();
    return this.rows.get(key);
  }

  async batch(operations: StoreOperation[]): Promise<void> {
    await this.check();
    const rows = new Map(this.rows);
    for (const operation of operations) apply(rows, operation);
    this.rows = rows;
  }

  iterator({
    gte,
    lt,
    limit = Infinity,
  }: Parameters<Store['iterator']>[0]): AsyncIterable<[string, Uint8Array]> {
    const keys = [...this.rows].filter(([key]) => compare(key, gte) >= 0 && compare(key, lt) < 0);
    return this.walk(keys.sort(([a], [b]) => compare(a, b)).slice(0, limit));
  }

  async *walk(rows: [string, Uint8Array][]): AsyncGenerator<[string, Uint8Array]> {
    await this.check();
    yield* rows;
  }

  check(): Promise<void> {
    return this.isOpen ? Promise.resolve() : Promise.reject(new Error('closed'));
  }
}

function apply(rows: Map<string, Uint8Array>, operation: StoreOperation): void {
  if (operation.type === 'put') rows.set(operation.key, operation.value.slice());
  else rows.delete(operation.key);
}

const compare = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));

const brokenStore = (fault: Partial<Store> = {}): Promise<string[]> =>
  broken((runner) => {
    const place = (): Promise<StorePlace> => {
      const store = Object.assign(new PlainStore(), fault);
      return Promise.resolve({ store: () => store, remove: () => Promise.resolve() });
    };
    testStore('a store', place, runner);
  });

describe('the suite of stores', () => {
  test('accepts a store that keeps every promise', async () => {
    expect(await brokenStore()).toEqual([]);
  });

  test.each<[string, string, Partial<Store>]>([
    [
      'half a batch',
      'takes a batch whole or not at all',
      {
        async batch(this: PlainStore, operations) {
          await this.check();
          for (const operation of operations) apply(this.rows, operation);
        },
      },
    ],
    [
      'rows in the order of their arrival',
      'walks in the order of UTF-8 bytes',
      { iterator: plain((store, { gte, lt }) => [...store.rows].filter(([key]) => key >= gte && key < lt)) },
    ],
    [
      'rows in the order of UTF-16',
      'walks in the order of UTF-8 bytes',
      { iterator: plain((store) => [...store.rows].sort(([a], [b]) => (a < b ? -1 : 1))) },
    ],
    [
      'the upper bound as well',
      'walks from the first bound, which is in, to the second, which is not',
      {
        iterator: plain((store, { gte, lt, limit }) =>
          [...store.rows].filter(([key]) => compare(key, gte) >= 0 && compare(key, lt) <= 0).slice(0, limit),
        ),
      },
    ],
    [
      'what changes during a walk',
      'walks over the rows as they were when the walk was asked for',
      {
        async *iterator(this: PlainStore) {
          await this.check();
          for (const row of [...this.rows].sort(([a], [b]) => compare(a, b))) yield row;
        },
      },
    ],
    [
      'the arrays of its caller',
      'keeps what was put although the array changes afterwards',
      {
        async batch(this: PlainStore, operations) {
          await this.check();
          const rows = new Map(this.rows);
          for (const operation of operations) {
            if (operation.type === 'put' && operation.value.byteLength === 1)
              rows.set(operation.key, operation.value);
            else apply(rows, operation);
          }
          this.rows = rows;
        },
      },
    ],
    ['rows while it is closed', 'does nothing while it is closed', { close: () => Promise.resolve() }],
    [
      'nothing when it is opened again',
      'keeps its rows when it is closed and opened again',
      {
        open(this: PlainStore) {
          this.isOpen = true;
          this.rows = new Map();
          return Promise.resolve();
        },
      },
    ],
  ])('notices a store that gives %s', async (_, promise, fault) => {
    expect(await brokenStore(fault)).toContain(promise);
  });
});

function plain(
  rowsOf: (store: PlainStore, range: Parameters<Store['iterator']>[0]) => [string, Uint8Array][],
): Store['iterator'] {
  return function (this: PlainStore, range) {
    return this.walk(rowsOf(this, range));
  } as Store['iterator'];
}

/** A blob store that keeps every promise, but for those that the test replaces. */
class PlainBlobs implements BlobStore {
  readonly kept = new Map<BlobName, Uint8Array>();

  open(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  size(name: BlobName): Promise<number | undefined> {
    return Promise.resolve(this.kept.get(name)?.byteLength);
  }

  async *read(name: BlobName, offset = 0): AsyncGenerator<Uint8Array> {
    const bytes = await Promise.resolve(this.kept.get(name));
    if (bytes === undefined) throw new EvermeshError('BLOB_NOT_FOUND', 'It is not here.');
    yield bytes.subarray(offset);
  }

  async write(
    pieces: AsyncIterable<Uint8Array>,
    expected?: BlobName,
  ): Promise<{ name: BlobName; size: number }> {
    const all: Uint8Array[] = [];
    for await (const piece of pieces) all.push(piece.slice());
    return this.keep(concatBytes(all), expected);
  }

  keep(bytes: Uint8Array, expected: BlobName | undefined): { name: BlobName; size: number } {
    const name = toHex(sha256(bytes)) as BlobName;
    if (expected !== undefined && name !== expected)
      throw new EvermeshError('BLOB_DAMAGED', 'It is another.');
    this.kept.set(name, bytes);
    return { name, size: bytes.byteLength };
  }

  delete(name: BlobName): Promise<void> {
    this.kept.delete(name);
    return Promise.resolve();
  }
}

const brokenBlobs = (fault: Partial<PlainBlobs> = {}): Promise<string[]> =>
  broken((runner) => {
    const place = (): Promise<BlobPlace> => {
      const blobs = Object.assign(new PlainBlobs(), fault);
      return Promise.resolve({ blobs: () => blobs, remove: () => Promise.resolve() });
    };
    testBlobStore('a blob store', place, runner);
  });

describe('the suite of blob stores', () => {
  test('accepts a blob store that keeps every promise', async () => {
    expect(await brokenBlobs()).toEqual([]);
  });

  test.each<[string, string, Partial<PlainBlobs>]>([
    [
      'takes what does not hash to the name expected',
      'stores nothing of bytes that hash to another name',
      {
        keep(this: PlainBlobs, bytes) {
          const name = toHex(sha256(bytes)) as BlobName;
          this.kept.set(name, bytes);
          return { name, size: bytes.byteLength };
        },
      },
    ],
    [
      'keeps what came before a write was broken off',
      'stores nothing of a write that is broken off',
      {
        async write(this: PlainBlobs, pieces, expected) {
          const all: Uint8Array[] = [];
          try {
            for await (const piece of pieces) all.push(piece.slice());
          } finally {
            this.keep(concatBytes(all), expected);
          }
          return this.keep(concatBytes(all), expected);
        },
      },
    ],
    [
      'passes over the offset',
      'reads from an offset',
      {
        async *read(this: PlainBlobs, name) {
          yield* PlainBlobs.prototype.read.call(this, name);
        },
      },
    ],
    ['deletes nothing', 'deletes one blob, and takes it again', { delete: () => Promise.resolve() }],
    [
      'finds what is not here',
      'does not find what is not here',
      {
        async *read(this: PlainBlobs, name, offset = 0) {
          yield (await Promise.resolve(this.kept.get(name)))?.subarray(offset) ?? new Uint8Array(0);
        },
      },
    ],
  ])('notices a blob store that %s', async (_, promise, fault) => {
    expect(await brokenBlobs(fault)).toContain(promise);
  });
});
