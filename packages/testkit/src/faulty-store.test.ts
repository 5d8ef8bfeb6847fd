import { memoryStore } from '@evermesh/adapters/memory';
import { utf8 } from '@evermesh/core/base';
import type { StoreOperation } from '@evermesh/core/log';
import { describe, expect, test } from 'vitest';
import { type Delay, type Fault, faulty } from './faulty-store.ts';
import { observed } from './observed-store.ts';
import { VirtualClock } from './virtual-clock.ts';

const put = (key: string): StoreOperation => ({ type: 'put', key, value: utf8('value') });
const ALL = { gte: '', lt: '\u{10FFFF}' };

async function keysOf(store: ReturnType<typeof memoryStore>): Promise<string[]> {
  const keys: string[] = [];
  for await (const [key] of store.iterator(ALL)) keys.push(key);
  return keys;
}

describe('a faulty store', () => {
  test.each<[Exclude<Fault, Delay>, string[]]>([
    ['refused', ['a']],
    ['unheard', ['a', 'b', 'c', 'd']],
    ['torn', ['a', 'b', 'c']],
  ])('fails at the call it was told, which is %s, and leaves %s', async (fault, left) => {
    const store = memoryStore();
    const broken = faulty(store, 3, fault);
    await broken.open();
    await broken.batch([put('a')], { sync: true });
    expect(await broken.get('a')).toEqual(utf8('value'));
    expect(broken.failure.aborted).toBe(false);
    await expect(broken.batch(['b', 'c', 'd'].map(put), { sync: true })).rejects.toThrow('The disk failed');
    expect(broken.failure.aborted).toBe(true);
    expect(await keysOf(store)).toEqual(left);
    await expect(broken.get('a')).rejects.toThrow('The disk failed');
    await expect(keysOf(broken)).rejects.toThrow('The disk failed');
    expect(broken.calls).toBe(5);
  });

  test('does a delayed batch when its time has come: what comes behind it overtakes it', async () => {
    const clock = new VirtualClock();
    const store = faulty(memoryStore(), 1, { clock, milliseconds: 50 });
    await store.open();
    let isDone = false;
    const delayed = store.batch([put('a')], { sync: true }).then(() => (isDone = true));
    await store.batch([put('b')], { sync: true });
    expect(await store.get('a')).toBeUndefined();
    clock.advance(49);
    expect([isDone, await keysOf(store)]).toEqual([false, ['b']]);
    clock.advance(1);
    await delayed;
    expect(await keysOf(store)).toEqual(['a', 'b']);
    expect(store.failure.aborted).toBe(false);
  });

  test('answers delayed reads with what was there when they were asked', async () => {
    const clock = new VirtualClock();
    const kept = memoryStore();
    const delay = { clock, milliseconds: 50 };
    await kept.open();
    await kept.batch([put('a')], { sync: true });
    const answer = faulty(kept, 1, delay).get('b');
    const keys = keysOf(faulty(kept, 1, delay));
    await kept.batch([put('b')], { sync: true });
    clock.advance(50);
    expect([await answer, await keys]).toEqual([undefined, ['a']]);
  });
});

describe('an observed store', () => {
  test('counts calls, failures and bytes, and takes the time of each', async () => {
    let time = 0;
    const store = observed(faulty(memoryStore(), 5, 'refused'), { now: () => (time += 10) });
    await store.open();
    await store.batch([put('a'), { type: 'del', key: 'ä' }], { sync: true });
    await store.get('a');
    await store.get('nothing');
    for await (const _ of store.iterator(ALL));
    await expect(store.get('a')).rejects.toThrow('The disk failed');
    expect(store.observations).toEqual({
      batch: { calls: 1, failures: 0, bytes: 8, milliseconds: 10, slowest: 10 },
      get: { calls: 3, failures: 1, bytes: 5, milliseconds: 30, slowest: 10 },
      walk: { calls: 1, failures: 0, bytes: 5, milliseconds: 10, slowest: 10 },
    });
  });

  test('counts a walk that is left early as one that went well', async () => {
    const store = observed(memoryStore(), { now: () => 0 });
    await store.open();
    await store.batch([put('a'), put('b')], { sync: true });
    for await (const _ of store.iterator(ALL)) break;
    expect(store.observations.walk).toMatchObject({ calls: 1, failures: 0, bytes: 5 });
  });
});
