import { EvermeshError } from '@evermesh/core';
import { describe, expect, test } from 'vitest';
import { bringInStep } from './bring-in-step.ts';
import { LinkWatch } from './link-watch.ts';
import { FakeLink, FOLDER, ManualClock } from './testing/fake-link.ts';

const watch = (link: FakeLink): LinkWatch => new LinkWatch(link.asLink, FOLDER, 'ws://r');

/** A mirror of which each look makes so many changes, and lets something happen; `missing` files wait for contents. */
const mirrorOf = (
  looks: { changes: number; happens?: () => void }[],
  missing: readonly string[] = [],
): Parameters<typeof bringInStep>[0] & { settle(): Promise<number>; looks: number } => ({
  looks: 0,
  status: () => ({ notHere: missing }),
  settle() {
    const look = looks[this.looks++] ?? { changes: 0 };
    look.happens?.();
    return Promise.resolve(look.changes);
  },
});

describe('one sync', () => {
  test('is over only when a look after the relay settled finds nothing', async () => {
    const link = new FakeLink();
    link.set({ state: 'live', isSynced: true });
    const mirror = mirrorOf([{ changes: 2 }, { changes: 1 }, { changes: 0 }]);
    const result = await bringInStep(mirror, watch(link), { clock: new ManualClock(), wait: 1000 });
    expect(result).toEqual({ inStep: true, changes: 3 });
    expect(mirror.looks).toBe(3);
  });

  test('waits for the relay again when the last look moved something', async () => {
    const link = new FakeLink();
    link.set({ state: 'live', isSynced: true });
    const mirror = mirrorOf([{ changes: 0 }, { changes: 0, happens: () => link.set({ isSynced: false }) }]);
    const ended = bringInStep(mirror, watch(link), { clock: new ManualClock(), wait: 1000 });
    await new Promise((resolve) => setImmediate(resolve));
    link.set({ isSynced: true });
    expect(await ended).toEqual({ inStep: true, changes: 0 });
    expect(mirror.looks).toBe(3);
  });

  test('ends although somebody never stops editing', async () => {
    const link = new FakeLink();
    link.set({ state: 'live', isSynced: true });
    const mirror = mirrorOf(Array.from({ length: 100 }, () => ({ changes: 1 })));
    expect(await bringInStep(mirror, watch(link), { clock: new ManualClock(), wait: 1000 })).toEqual({
      inStep: false,
      changes: 10,
    });
  });

  test('does not wait for contents that the relay never had', async () => {
    const link = new FakeLink();
    link.set({ state: 'live', isStalled: true });
    const mirror = mirrorOf([{ changes: 3 }, { changes: 0 }]);
    const result = await bringInStep(mirror, watch(link), { clock: new ManualClock(), wait: 1000 });
    expect(result).toEqual({ inStep: false, changes: 3 });
    expect(mirror.looks).toBe(2);
  });

  test('is not in step, and does not wait, while a file has no content although nothing is owed', async () => {
    const link = new FakeLink();
    link.set({ state: 'live', isSynced: true });
    const mirror = mirrorOf([{ changes: 1 }, { changes: 0 }], ['pic.png']);
    const result = await bringInStep(mirror, watch(link), { clock: new ManualClock(), wait: 1000 });
    expect(result).toEqual({ inStep: false, changes: 1 });
    expect(mirror.looks).toBe(2);
  });

  test('writes what came before the relay had nothing more to give', async () => {
    const link = new FakeLink();
    link.set({ state: 'live', isSynced: true });
    const mirror = mirrorOf([
      { changes: 0 },
      { changes: 0, happens: () => link.set({ isSynced: false }) },
      { changes: 5 },
    ]);
    const ended = bringInStep(mirror, watch(link), { clock: new ManualClock(), wait: 1000 });
    await new Promise((resolve) => setImmediate(resolve));
    link.set({ isStalled: true });
    expect(await ended).toEqual({ inStep: false, changes: 5 });
  });

  test('gives up on a relay that cannot be reached for the given time, the disk being looked at first', async () => {
    const link = new FakeLink();
    link.away();
    const clock = new ManualClock();
    const mirror = mirrorOf([{ changes: 4 }]);
    const ended = bringInStep(mirror, watch(link), { clock, wait: 1000 });
    await clock.armed;
    clock.advance(999);
    expect(clock.waiting).toBe(1);
    clock.advance(1);
    expect(await ended).toEqual({ inStep: false, changes: 4 });
  });

  test('is patient with a relay that answers, however long it takes', async () => {
    const link = new FakeLink();
    link.away();
    const clock = new ManualClock();
    const ended = bringInStep(mirrorOf([]), watch(link), { clock, wait: 1000 });
    await clock.armed;
    link.set({ state: 'catching-up', isSynced: false });
    clock.advance(1_000_000);
    await new Promise((resolve) => setImmediate(resolve));
    link.set({ state: 'live', isSynced: true });
    expect(await ended).toMatchObject({ inStep: true });
  });

  test('fails with the reason of a relay that will not have it', async () => {
    const link = new FakeLink();
    link.set({ state: 'refused', error: new EvermeshError('AUTH_DENIED', 'No.') });
    await expect(
      bringInStep(mirrorOf([]), watch(link), { clock: new ManualClock(), wait: 1000 }),
    ).rejects.toMatchObject({ code: 'AUTH_DENIED' });
  });

  test('stops when it is told to', async () => {
    const link = new FakeLink();
    link.set({ state: 'catching-up', isSynced: false });
    const stop = new AbortController();
    const ended = bringInStep(mirrorOf([]), watch(link), {
      clock: new ManualClock(),
      wait: 1000,
      signal: stop.signal,
    });
    stop.abort(new Error('Enough.'));
    await expect(ended).rejects.toThrow('Enough.');
  });
});

describe('the state of a link', () => {
  test('is connected only when the relay took the folder', () => {
    const link = new FakeLink();
    link.set({ state: 'opening' });
    expect(watch(link).report.state).toBe('connecting');
    link.set({ state: 'live' });
    expect(watch(link).report.state).toBe('connected');
    link.set({ state: 'refused', error: new EvermeshError('AUTH_DENIED', 'No.') });
    expect(watch(link).report).toMatchObject({ state: 'refused', why: { code: 'AUTH_DENIED' } });
  });

  test('is away, and no failure, while the relay restarts or cannot be reached', () => {
    const link = new FakeLink();
    link.set({ state: 'refused', error: new EvermeshError('RELAY_DRAINING', 'Later.') });
    expect([watch(link).report.state, watch(link).failure]).toEqual(['away', undefined]);
    link.away();
    expect([watch(link).report.state, watch(link).failure]).toEqual(['away', undefined]);
  });

  test('is refused, and a failure, when the address is wrong, although it is tried again', () => {
    const link = new FakeLink();
    link.away(new EvermeshError('RELAY_NOT_TLS', 'No TLS.'));
    expect(watch(link).report).toMatchObject({ state: 'refused', why: { code: 'RELAY_NOT_TLS' } });
    expect(watch(link).failure).toMatchObject({ code: 'RELAY_NOT_TLS' });
  });
});
