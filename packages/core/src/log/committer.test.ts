import { describe, expect, test } from 'vitest';
import { memoryStore } from '../testing/memory-store.ts';
import type { Clock } from '../base/index.ts';
import { Committer, type Pace } from './committer.ts';
import type { Store, StoreOperation } from './store.ts';

const put = (key: string): StoreOperation => ({ type: 'put', key, value: Uint8Array.of(1) });

function recorded(): {
  store: ReturnType<typeof memoryStore>;
  committer: Committer;
  batches: StoreOperation[][];
} {
  const store = memoryStore();
  const batches: StoreOperation[][] = [];
  const batch: Store['batch'] = (operations, options) => {
    batches.push(operations);
    return store.batch(operations, options);
  };
  return { store, batches, committer: new Committer({ ...store, batch }) };
}

/** A clock whose only timers are those of the committer. */
function pausing(): { pace: Pace; pass: () => void; timers: (() => void)[] } {
  const timers: (() => void)[] = [];
  const clock: Clock = {
    now: () => 0,
    after: (_, run) => {
      timers.push(run);
      return { cancel: () => undefined };
    },
  };
  return { pace: { clock, every: 5 }, timers, pass: () => timers.shift()?.() };
}

describe('a pace', () => {
  test('who comes after a pause waits for nothing; what comes soon after a batch shares the next', async () => {
    const { pace, pass, timers } = pausing();
    const store = memoryStore();
    const committer = new Committer(store, pace);
    await committer.commit([put('a')]);
    expect([store.batches, timers.length]).toEqual([1, 1]);
    const [b, c] = ['b', 'c'].map((key) => committer.commit([put(key)]));
    await new Promise(setImmediate);
    expect(store.batches).toBe(1);
    const d = committer.commit([put('d')]);
    pass();
    await Promise.all([b, c, d]);
    expect([store.batches, timers.length]).toEqual([2, 1]);
    pass();
    await committer.commit([put('e')]);
    expect(store.batches).toBe(3);
  });

  test('in a hurry nothing waits any more', async () => {
    const { pace, timers } = pausing();
    const store = memoryStore();
    const committer = new Committer(store, pace);
    await committer.commit([put('a')]);
    const waiting = committer.commit([put('b')]);
    committer.hurry();
    await waiting;
    await committer.commit([put('c')]);
    await committer.idle();
    expect([store.batches, timers.length]).toEqual([3, 1]);
  });
});

describe('group commit', () => {
  test('everything that waits shares one batch', async () => {
    const store = memoryStore();
    const committer = new Committer(store);
    await Promise.all(['a', 'b', 'c'].map((key) => committer.commit([put(key)])));
    expect([...store.rows.keys()]).toEqual(['a', 'b', 'c']);
    expect(store.batches).toBe(1);
  });

  test('commits end in the order they were given', async () => {
    const committer = new Committer(memoryStore());
    const ended: number[] = [];
    await Promise.all(
      [1, 2, 3].map(async (i) => committer.commit([put(String(i))]).then(() => ended.push(i))),
    );
    expect(ended).toEqual([1, 2, 3]);
  });

  test('a failed batch fails whatever waited and whatever comes, by name', async () => {
    const store = memoryStore();
    const committer = new Committer({ ...store, batch: () => Promise.reject(new Error('no space left')) });
    const first = committer.commit([put('a')]);
    const second = committer.commit([put('b')]);
    await expect(first).rejects.toMatchObject({ code: 'STORE_FAILED' });
    await expect(second).rejects.toMatchObject({ code: 'STORE_FAILED' });
    await expect(committer.commit([put('c')])).rejects.toMatchObject({ code: 'STORE_FAILED' });
    await expect(committer.idle()).rejects.toMatchObject({ code: 'STORE_FAILED' });
  });

  test('of a row that several write, the last counts', async () => {
    const { store, committer, batches } = recorded();
    const last: StoreOperation = { type: 'put', key: 'state', value: Uint8Array.of(2) };
    await Promise.all([
      committer.commit([put('a'), put('state'), put('gone')]),
      committer.commit([put('b'), { type: 'del', key: 'gone' }, last]),
    ]);
    expect(batches).toHaveLength(1);
    expect([...store.rows.keys()].toSorted()).toEqual(['a', 'b', 'state']);
    expect(store.rows.get('state')).toEqual(Uint8Array.of(2));
  });

  test('rows that several share are asked for once a batch, and stand behind the last who shares them', async () => {
    const { committer, batches } = recorded();
    let asked = 0;
    const shared = (): StoreOperation[] => [put(`shared ${++asked}`)];
    const first = [committer.commit([put('a')], shared), committer.commit([put('b')])];
    await Promise.all([...first, committer.commit([put('c')], shared), committer.commit([put('d')])]);
    await committer.commit([put('e')], shared);
    await committer.commit([put('f')]);
    expect(batches).toEqual([
      [put('a'), put('b'), put('c'), put('shared 1'), put('d')],
      [put('e'), put('shared 2')],
      [put('f')],
    ]);
  });

  test('idle waits for what is being written', async () => {
    const store = memoryStore();
    const committer = new Committer(store);
    void committer.commit([put('a')]);
    await committer.idle();
    expect(store.rows.has('a')).toBe(true);
  });

  test('idle writes what nobody waits for, in one batch, and nothing where nothing is left', async () => {
    const store = memoryStore();
    const committer = new Committer(store);
    committer.commitLater([put('a')]);
    committer.commitLater([put('b')]);
    await committer.idle();
    expect([...store.rows.keys()]).toEqual(['a', 'b']);
    await committer.idle();
    expect(store.batches).toBe(1);
  });

  test('what nobody waits for is written with what is given next, in front of it, and as it was given last', async () => {
    const { committer, batches } = recorded();
    const at = (key: string, value: number): StoreOperation => ({
      type: 'put',
      key,
      value: Uint8Array.of(value),
    });
    const first = committer.commit([at('x', 1), at('y', 1)]);
    committer.commitLater([at('x', 2)]);
    committer.commitLater([at('z', 2)]);
    committer.commitLater([at('x', 3), at('y', 3)]);
    await first;
    expect(batches).toEqual([[at('x', 1), at('y', 1)]]);
    await committer.commit([at('a', 4), at('y', 4)]);
    expect(batches.slice(1)).toEqual([[at('z', 2), at('x', 3), at('a', 4), at('y', 4)]]);
  });

  test('behind a batch that failed nothing is kept for later', async () => {
    const store = memoryStore();
    const committer = new Committer({ ...store, batch: () => Promise.reject(new Error('no space left')) });
    committer.commitLater([put('a')]);
    await expect(committer.idle()).rejects.toMatchObject({ code: 'STORE_FAILED' });
    committer.commitLater([put('b')]);
    await expect(committer.idle()).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect(store.rows.size).toBe(0);
  });
});
