/** An older store becomes one of the present format, at whatever moment the opening is interrupted. */
import { type Fault, faulty } from '@evermesh/testkit';
import { describe, expect, test } from 'vitest';
import { fromUtf8, utf8 } from '../base/index.ts';
import { type MemoryStore, memoryStore } from '../testing/memory-store.ts';
import type { Migration, MigrationStep } from './migration.ts';
import { MIGRATIONS } from './migrations.ts';
import { openStore, STORE_FORMAT } from './open-store.ts';
import type { StoreOperation } from './store.ts';

const WORDS = ['ant', 'bee', 'cat', 'dog', 'eel'];

/** A store of format 1, as it was before there was any other. */
const older = (): MemoryStore =>
  memoryStore(new Map([['format', utf8('1')], ...WORDS.map((word) => [`w/${word}`, utf8(word)] as const)]));

const rowsOf = ({ rows }: MemoryStore): Record<string, string | undefined> =>
  Object.fromEntries([...rows].map(([key, value]) => [key, fromUtf8(value)]));

const put = (key: string, text: string): StoreOperation => ({ type: 'put', key, value: utf8(text) });

const codeOf = (opening: Promise<unknown>): Promise<string> =>
  opening.then(
    () => 'opened',
    (error: { code: string }) => error.code,
  );

/** Doubles each word: done twice to a row, it would show. */
const DOUBLE: Migration = {
  from: 1,
  to: 2,
  async *steps(store, reached) {
    for await (const [key, value] of store.iterator({ gte: reached ?? 'w/', lt: 'w0' })) {
      if (key === reached) continue;
      const word = fromUtf8(value) ?? '';
      yield { operations: [put(key, word + word)], reached: key };
    }
  },
};

/** Gathers the words in one row, and drops theirs. */
const GATHER: Migration = {
  from: 2,
  to: 3,
  async *steps(store, reached): AsyncGenerator<MigrationStep> {
    const words: string[] = [];
    const drops: StoreOperation[] = [];
    for await (const [key, value] of store.iterator({ gte: 'w/', lt: 'w0' })) {
      words.push(fromUtf8(value) ?? '');
      drops.push({ type: 'del', key });
    }
    if (reached === undefined) yield { operations: [put('all', words.join())], reached: 'all' };
    for (const drop of drops) yield { operations: [drop], reached: 'all' };
  },
};

/** Nothing has to be changed for it: what is new does without. */
const NOTHING: Migration = {
  from: 3,
  to: 4,
  async *steps() {
    // No step.
  },
};

const LIST = [DOUBLE, GATHER, NOTHING];
const MIGRATED = { all: WORDS.map((word) => word + word).join(), format: '4' };

describe('migrations', () => {
  test('lead from the first format to the present one without a hole', () => {
    expect(MIGRATIONS.map(({ from, to }) => [from, to])).toEqual(
      Array.from({ length: STORE_FORMAT - 1 }, (_, i) => [i + 1, i + 2]),
    );
  });

  test('are done in order when an older store is opened, and are not done again', async () => {
    const store = older();
    await openStore(store, LIST);
    expect(rowsOf(store)).toEqual(MIGRATED);
    const batches = store.batches;
    await openStore(store, LIST);
    expect([rowsOf(store), store.batches]).toEqual([MIGRATED, batches]);
  });

  test('leave a new store alone: it has the newest format from the beginning', async () => {
    const store = memoryStore();
    await openStore(store, LIST);
    expect(rowsOf(store)).toEqual({ format: '4' });
  });

  test('of a store in the middle of the list are those that are left', async () => {
    const store = memoryStore(
      new Map([
        ['format', utf8('2')],
        ['w/cow', utf8('cow')],
      ]),
    );
    await openStore(store, LIST);
    expect(rowsOf(store)).toEqual({ all: 'cow', format: '4' });
  });

  test.each<Fault>(['refused', 'unheard'])('go on where a call was %s, for each call', async (fault) => {
    let interruptions = 0;
    for (let at = 1; ; at++) {
      const store = older();
      const failing = faulty(store, at, fault);
      const opened = await openStore(failing, LIST).then(
        () => true,
        () => false,
      );
      await openStore(store, LIST);
      expect(rowsOf(store), `call ${at}`).toEqual(MIGRATED);
      if (opened) break;
      interruptions += 1;
    }
    // Each of ten steps is a batch, each migration ends in one, and reads come before.
    expect(interruptions).toBeGreaterThan(15);
  });

  test('are whole, or refused as damaged, wherever a store tears a step, and older versions see nothing of it', async () => {
    const written: StoreOperation[] = [];
    const ends = new Set([0]);
    const whole = older();
    const batch: MemoryStore['batch'] = (operations, options) => {
      written.push(...operations);
      ends.add(written.length);
      return whole.batch(operations, options);
    };
    await openStore({ ...whole, batch }, LIST);
    const seen = { goneOn: 0, refused: 0 };
    for (let cut = 0; cut <= written.length; cut++) {
      const store = older();
      const before = rowsOf(store);
      await store.batch(written.slice(0, cut), { sync: true });
      const { 'format/begun': _, ...left } = rowsOf(store);
      const byOlder = await codeOf(openStore(memoryStore(new Map(store.rows)), []));
      if (byOlder === 'opened') expect(left, `${cut}`).toEqual(before);
      else expect(byOlder, `${cut}`).toBe('FORMAT_TOO_NEW');
      const rows = rowsOf(store);
      const opened = await codeOf(openStore(store, LIST));
      seen[opened === 'opened' ? 'goneOn' : 'refused'] += 1;
      if (opened === 'opened') expect(rowsOf(store), `${cut}`).toEqual(MIGRATED);
      else {
        expect([opened, ends.has(cut)], `${cut}`).toEqual(['STORE_CORRUPT', false]);
        expect(rowsOf(store), `${cut}`).toEqual(rows);
      }
    }
    expect(seen.goneOn).toBeGreaterThan(15);
    expect(seen.refused).toBeGreaterThan(15);
  });

  test('go on in a store that was interrupted when no step was announced', async () => {
    const store = older();
    await store.batch([put('w/ant', 'antant'), put('format', '2'), put('format/unfinished', '1 w/ant')], {
      sync: true,
    });
    await openStore(store, LIST);
    expect(rowsOf(store)).toEqual(MIGRATED);
  });

  test('go on however often they are interrupted', async () => {
    const store = older();
    let openings = 1;
    // The third batch of each opening is lost, so two steps are done at most.
    const opens = async (): Promise<boolean> => {
      let batches = 0;
      const batch: MemoryStore['batch'] = (operations, options) =>
        ++batches > 2 ? Promise.reject(new Error('no power')) : store.batch(operations, options);
      return openStore({ ...store, batch }, LIST).then(
        () => true,
        () => false,
      );
    };
    while (!(await opens())) openings += 1;
    expect(rowsOf(store)).toEqual(MIGRATED);
    expect(openings).toBeGreaterThan(5);
  });

  test('shut out older versions from the first change on, and leave everything to them until then', async () => {
    let refusals = 0;
    for (let at = 1; ; at++) {
      const store = older();
      const before = rowsOf(store);
      const failing = faulty(store, at, 'unheard');
      await openStore(failing, LIST).catch(() => undefined);
      const byOlder = await codeOf(openStore(store, []));
      if (byOlder === 'opened') expect(rowsOf(store), `call ${at}`).toEqual(before);
      else {
        expect(byOlder).toBe('FORMAT_TOO_NEW');
        refusals += 1;
      }
      if (!failing.failure.aborted) break;
    }
    expect(refusals).toBeGreaterThan(10);
  });
});
