/** What Evermesh relies on of a store. An adapter that passes keeps it; one that does not loses data some day. */
import { fromUtf8, utf8 } from '@evermesh/core/base';
import type { Store, StoreOperation, StoreRange } from '@evermesh/core/log';
import { fails, same } from './claims.ts';
import type { TestFunctions } from './test-functions.ts';

/** A place where rows lie, for one test. */
export interface StorePlace {
  /** A store over that place, not opened yet. It is asked for again when the one before was closed. */
  store(): Store;
  /** Removes the place. The store is closed. */
  remove(): Promise<void>;
}

const put = (key: string, value: Uint8Array | string): StoreOperation => ({
  type: 'put',
  key,
  value: typeof value === 'string' ? utf8(value) : value,
});
const del = (key: string): StoreOperation => ({ type: 'del', key });
const write = (store: Store, ...operations: StoreOperation[]): Promise<void> =>
  store.batch(operations, { sync: true });

const ALL: StoreRange = { gte: '', lt: '\u{10FFFF}' };

async function keysOf(store: Store, range: StoreRange): Promise<string[]> {
  const keys: string[] = [];
  for await (const [key] of store.iterator(range)) keys.push(key);
  return keys;
}

async function textAt(store: Store, key: string): Promise<string | undefined> {
  const value = await store.get(key);
  return value === undefined ? undefined : fromUtf8(value);
}

/**
 * Declares the suite.
 * @param name of the adapter
 * @param newPlace makes an empty place for one test
 */
export function testStore(
  name: string,
  newPlace: () => Promise<StorePlace>,
  { describe, test }: TestFunctions,
): void {
  const promise = (title: string, body: (store: Store, place: StorePlace) => Promise<void>): void => {
    test(title, async () => {
      const place = await newPlace();
      const store = place.store();
      await store.open();
      try {
        await body(store, place);
      } finally {
        await store.close().catch(() => undefined);
        await place.remove();
      }
    });
  };

  describe(`${name} is a store`, () => {
    promise('gets what was put, and nothing for what was not', async (store) => {
      await write(store, put('a', 'one'));
      same(await textAt(store, 'a'), 'one', 'a row');
      same(await store.get('b'), undefined, 'a row that was never put');
    });

    promise('replaces and deletes in the order of a batch', async (store) => {
      await write(store, put('a', 'one'), put('b', 'one'));
      await write(
        store,
        put('a', 'two'),
        del('a'),
        put('a', 'three'),
        put('b', 'two'),
        del('b'),
        del('never'),
      );
      same(await textAt(store, 'a'), 'three', 'a row put last');
      same(await store.get('b'), undefined, 'a row deleted last');
    });

    promise('takes a batch whole or not at all', async (store) => {
      const broken = { type: 'put', key: 'b', value: undefined } as unknown as StoreOperation;
      await fails(write(store, put('a', 'one'), broken), undefined, 'a batch with a row that has no value');
      same(await store.get('a'), undefined, 'a row of a batch that failed');
    });

    promise('takes an empty batch', async (store) => {
      await write(store);
      same(await keysOf(store, ALL), [], 'the rows');
    });

    promise('keeps every byte as it is', async (store) => {
      const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
      await write(store, put('all', bytes), put('none', new Uint8Array(0)));
      same(await store.get('all'), bytes, 'a value of all bytes');
      same(await store.get('none'), new Uint8Array(0), 'a value of none');
    });

    promise('keeps a value that is a view of a larger array', async (store) => {
      await write(store, put('a', Uint8Array.of(9, 1, 2, 9).subarray(1, 3)));
      same(await store.get('a'), Uint8Array.of(1, 2), 'the view');
    });

    promise('keeps what was put although the array changes afterwards', async (store) => {
      const bytes = Uint8Array.of(1);
      await write(store, put('a', bytes));
      bytes[0] = 2;
      same(await store.get('a'), Uint8Array.of(1), 'the row');
    });

    promise('keeps a value of many megabytes', async (store) => {
      const large = new Uint8Array(12 * 1024 * 1024).fill(7);
      large.set([1, 2, 3], large.byteLength - 3);
      await write(store, put('large', large));
      const kept = await store.get('large');
      same(kept?.byteLength, large.byteLength, 'its length');
      same(kept?.subarray(-4), Uint8Array.of(7, 1, 2, 3), 'its end');
    });

    promise('walks in the order of UTF-8 bytes', async (store) => {
      const keys = ['a', 'B', 'a/1', 'a/10', 'a/2', 'a0', 'ä', 'z', '~', '\u{FFFD}', '\u{10000}'];
      await write(store, ...keys.map((key) => put(key, key)));
      const sorted = ['B', 'a', 'a/1', 'a/10', 'a/2', 'a0', 'z', '~', 'ä', '\u{FFFD}', '\u{10000}'];
      same(await keysOf(store, ALL), sorted, 'the keys');
      for (const key of keys) same(await textAt(store, key), key, `the row of ${key}`);
    });

    promise('walks from the first bound, which is in, to the second, which is not', async (store) => {
      await write(store, ...['a', 'b', 'c', 'd'].map((key) => put(key, key)));
      same(await keysOf(store, { gte: 'b', lt: 'd' }), ['b', 'c'], 'between two rows');
      same(await keysOf(store, { gte: 'bb', lt: 'cc' }), ['c'], 'between two keys that are none');
      same(await keysOf(store, { gte: 'e', lt: 'f' }), [], 'behind all rows');
      same(await keysOf(store, { gte: 'a', lt: 'a' }), [], 'an empty range');
      same(await keysOf(store, { gte: 'a', lt: 'z', limit: 2 }), ['a', 'b'], 'at most two');
    });

    promise('walks over the rows as they were when the walk was asked for', async (store) => {
      await write(store, put('a', 'one'), put('b', 'one'), put('d', 'one'));
      const walk = store.iterator(ALL);
      await write(store, del('a'), put('b', 'two'), put('c', 'two'));
      const seen: string[] = [];
      for await (const [key, value] of walk) seen.push(`${key} ${fromUtf8(value)}`);
      same(seen, ['a one', 'b one', 'd one'], 'the rows');
    });

    promise('may be left in the middle of a walk', async (store) => {
      await write(store, ...Array.from({ length: 1000 }, (_, i) => put(String(i).padStart(4, '0'), 'row')));
      for await (const [key] of store.iterator(ALL)) if (key === '0003') break;
      same((await keysOf(store, ALL)).length, 1000, 'the rows after it');
    });

    promise('keeps its rows when it is closed and opened again', async (store, place) => {
      await write(store, put('a', 'one'));
      await store.close();
      const again = place.store();
      await again.open();
      same(await textAt(again, 'a'), 'one', 'the row');
      await again.close();
    });

    promise('does nothing while it is closed', async (store) => {
      await store.close();
      await fails(write(store, put('a', 'one')), undefined, 'a batch');
      await fails(store.get('a'), undefined, 'a get');
      await fails(keysOf(store, ALL), undefined, 'a walk');
    });
  });
}
