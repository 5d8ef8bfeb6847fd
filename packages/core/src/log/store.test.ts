/** What a store answers, named; and nothing of it held longer than it is needed. */
import { describe, expect, test } from 'vitest';
import { openStore } from './open-store.ts';
import type { Store } from './store.ts';

/** A store of one row after another, which says whether it was told that no more are needed. */
function endless(failsAt: number): Store & { readonly wasLetGo: () => boolean } {
  let wasLetGo = false;
  const done = (): Promise<void> => Promise.resolve();
  return {
    open: done,
    close: done,
    batch: done,
    get: () => Promise.resolve(new TextEncoder().encode('1')),
    async *iterator() {
      try {
        for (let i = 0; ; i++) {
          if (i === failsAt)
            throw Object.assign(new Error('checksum mismatch'), { code: 'LEVEL_CORRUPTION' });
          yield [`row ${i}`, new Uint8Array(0)];
          await Promise.resolve();
        }
      } finally {
        wasLetGo = true;
      }
    },
    wasLetGo: () => wasLetGo,
  };
}

/** The keys of the first rows. */
async function firstRows(store: Store, count: number): Promise<string[]> {
  const keys: string[] = [];
  for await (const [key] of store.iterator({ gte: '', lt: 'z' })) if (keys.push(key) === count) break;
  return keys;
}

describe('rows of a store', () => {
  test('are let go by whoever needs no more of them', async () => {
    const rows = endless(Number.POSITIVE_INFINITY);
    expect(await firstRows(await openStore(rows), 3)).toEqual(['row 0', 'row 1', 'row 2']);
    expect(rows.wasLetGo()).toBe(true);
  });

  test('that cannot be read are an error with a code', async () => {
    const store = await openStore(endless(2));
    await expect(firstRows(store, 3)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
  });

  test('of a store that refuses to begin are one, too', async () => {
    const closed = Object.assign(new Error('Database is not open'), { code: 'LEVEL_DATABASE_NOT_OPEN' });
    const refuses = (): never => {
      throw closed;
    };
    const store = await openStore({ ...endless(0), iterator: refuses });
    await expect(firstRows(store, 1)).rejects.toMatchObject({ code: 'STORE_CLOSED' });
  });
});
