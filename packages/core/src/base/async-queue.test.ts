import { describe, expect, test } from 'vitest';
import { AsyncQueue } from './async-queue.ts';

const overflow = (): Error => new Error('too far behind');

describe('a bounded queue', () => {
  test('hands items over in order, to a reader that waits and to one that comes later', async () => {
    const queue = new AsyncQueue<number>({ limit: 10, overflow });
    const waiting = queue.next();
    queue.push(1);
    queue.push(2);
    expect(await waiting).toEqual({ done: false, value: 1 });
    expect(await queue.next()).toEqual({ done: false, value: 2 });
  });

  test('ends a reader that falls behind, after what it was promised', async () => {
    let closed = 0;
    const queue = new AsyncQueue<number>({ limit: 2, overflow, onClose: () => closed++ });
    for (const item of [1, 2, 3]) queue.push(item);
    expect((await queue.next()).value).toBe(1);
    expect((await queue.next()).value).toBe(2);
    await expect(queue.next()).rejects.toThrow('too far behind');
    expect(await queue.next()).toEqual({ done: true, value: undefined });
    expect(closed).toBe(1);
  });

  test('serves all who wait, in their order, and ends them', async () => {
    const queue = new AsyncQueue<number>({ limit: 10, overflow });
    const [first, second, third] = [queue.next(), queue.next(), queue.next()];
    queue.push(1);
    queue.push(2);
    queue.close();
    expect([await first, await second, await third]).toEqual([
      { done: false, value: 1 },
      { done: false, value: 2 },
      { done: true, value: undefined },
    ]);
  });

  test('leaving a loop closes it', async () => {
    let closed = 0;
    const queue = new AsyncQueue<number>({ limit: 9, overflow, onClose: () => closed++ });
    queue.push(1);
    for await (const item of queue) if (item === 1) break;
    queue.push(2);
    expect(closed).toBe(1);
    expect(await queue.next()).toEqual({ done: true, value: undefined });
  });
});
