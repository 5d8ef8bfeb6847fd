/** The suite of logs notices what it is there for: each promise is broken once, by a store or by a log. */
import { memoryStore } from '@evermesh/adapters/memory';
import type { FolderLog, Store, StoreOperation } from '@evermesh/core/log';
import { describe, expect, test } from 'vitest';
import { faulty, observed, type StorePlace, type TestFunctions, testLog } from './index.ts';
import { openFolderLog, type OpenLog } from './log-in-test.ts';

const placeUnder = (under: (store: Store) => Store) => (): Promise<StorePlace> => {
  const kept = memoryStore();
  return Promise.resolve({ store: () => under(kept), remove: () => Promise.resolve() });
};

testLog(
  'an observed store',
  placeUnder((store) => observed(store, { now: () => 0 })),
  { describe, test },
);
testLog(
  'a faulty store before its fault',
  placeUnder((store) => faulty(store, 1e9, 'refused')),
  { describe, test },
);

type Break = (log: FolderLog) => void;

/**
 * Runs the suite, and returns the titles of the promises that were not kept.
 * @param only the promise with this title,
 */
async function broken(
  under: (store: Store) => Store,
  breakIt: Break,
  only?: string,
  options?: Partial<Parameters<OpenLog>[1]>,
): Promise<string[]> {
  const tests: [string, () => Promise<void>][] = [];
  const runner: TestFunctions = {
    describe: (_, body) => body(),
    test: (title, body) => tests.push([title, body]),
  };
  const open: OpenLog = async (store, asked) => {
    const log = await openFolderLog(store, { ...asked, ...options });
    breakIt(log);
    return log;
  };
  testLog('a store', placeUnder(under), runner, open);
  const failed: string[] = [];
  for (const [title, body] of tests) {
    if (only === undefined || only === title) await body().catch(() => failed.push(title));
  }
  return failed;
}

const asItIs = (store: Store): Store => store;
const nothing: Break = () => undefined;

const over = (store: Store, changed: Partial<Store>): Store => ({
  open: () => store.open(),
  close: () => store.close(),
  get: (key) => store.get(key),
  batch: (operations, options) => store.batch(operations, options),
  iterator: (range) => store.iterator(range),
  ...changed,
});

/** Replaces what `append` is given, or gives back. */
const appending =
  (change: (log: FolderLog, append: FolderLog['append']) => FolderLog['append']): Break =>
  (log) => {
    log.append = change(log, log.append.bind(log));
  };

describe('the suite of logs', () => {
  test('accepts a log that keeps every promise', async () => {
    expect(await broken(asItIs, nothing)).toEqual([]);
  });

  test.each<[string, string, (store: Store) => Store]>([
    [
      'writes a batch row by row, and fails between them',
      'keeps what was durable, whole groups, and a cursor at their end, wherever a call is unheard',
      (store) =>
        over(store, {
          batch: async (operations, options) => {
            const half = operations.slice(0, -1);
            await store.batch(half.length > 8 ? half : operations, options);
          },
        }),
    ],
    [
      'walks over what changes meanwhile',
      'walks over what was there when the walk began, while more is appended',
      (store) => over(store, { iterator: (range) => oneByOne(store, range) }),
    ],
    [
      'forgets what it is given once it was closed',
      'is what it was when opened again; its epoch is another if that is asked',
      (store) => {
        const written = new Set<string>();
        return over(store, {
          batch: (operations, options) => {
            for (const { key } of operations) written.add(key);
            return store.batch(operations, options);
          },
          close: async () => {
            await store.batch(
              [...written].map((key): StoreOperation => ({ type: 'del', key })),
              { sync: true },
            );
            await store.close();
          },
        });
      },
    ],
    [
      'cuts long values',
      'gives back each byte, and the records alone that heads do not cover',
      (store) =>
        over(store, {
          batch: (operations, options) => store.batch(operations.map(cut), options),
        }),
    ],
  ])('notices a store that %s', async (_, promise, under) => {
    expect(await broken(under, nothing, promise)).toEqual([promise]);
  });

  test.each<[string, string, Break]>([
    [
      'takes records in another order',
      'takes a record behind its author’s last one in the document, whatever others wrote',
      appending((_, append) => (records, options) => {
        const { outcomes, durable } = append([...records].reverse(), options);
        return { outcomes: [...outcomes].reverse(), durable };
      }),
    ],
    [
      'tells no heads with a gap',
      'answers a record whose predecessor is missing with what it holds, and passes it over',
      appending((_, append) => (records, options) => {
        const { outcomes, durable } = append(records, options);
        const told = outcomes.map((outcome) =>
          outcome.type === 'gap' ? { ...outcome, heads: new Map() } : outcome,
        );
        return { outcomes: told, durable };
      }),
    ],
    [
      'takes a group apart',
      'takes a group whole, or nothing of it',
      appending((_, append) => (records, options) => {
        const taken = records.map((record) => append([record], options));
        const durable = Promise.all(taken.map((one) => one.durable)).then(() => undefined);
        return { outcomes: taken.flatMap(({ outcomes }) => outcomes), durable };
      }),
    ],
    [
      'takes no repeat for one',
      'tells a repeat: in a call, before it is durable, opened again',
      appending((_, append) => (records, options) => {
        const { outcomes, durable } = append(records, options);
        const gap = {
          type: 'gap',
          document: records[0]?.header.document as never,
          heads: new Map(),
        } as const;
        return { outcomes: outcomes.map((outcome) => (outcome.type === 'repeat' ? gap : outcome)), durable };
      }),
    ],
    [
      'takes a snapshot for a record like others',
      'takes a snapshot behind whatever it holds, and for all that it covers, opened again as well',
      appending((_, append) => (records, options) => {
        const updates = records.map(({ header, body }) => ({
          header: { ...header, covers: new Map() },
          body,
        }));
        return append(updates, options);
      }),
    ],
    [
      'shows what is not durable',
      'shows nothing before it is durable, then tells it once, in order, with its source',
      appending((log, append) => (records, options) => {
        const result = append(records, options);
        const entries = result.outcomes.flatMap((one) => (one.type === 'stored' ? [one.entry] : []));
        log.appended.emit({ entries, source: undefined });
        return result;
      }),
    ],
    [
      'leaves out what stands beside records',
      'keeps rows beside records, a cursor among them, in one batch',
      appending((_, append) => (records, options) => append(records, { source: options?.source })),
    ],
    [
      'has one digest for all places',
      'has a digest at each place: of all records up to there, and of no others',
      (log) => {
        log.read.digestAt = () => Promise.resolve(log.position.digest);
      },
    ],
    [
      'says that all went well when the store failed',
      'takes nothing more once its store failed, and shows nothing of what it lost',
      appending((_, append) => (records, options) => {
        const { outcomes, durable } = append(records, options);
        return { outcomes, durable: durable.catch(() => undefined) };
      }),
    ],
  ])('notices a log that %s', async (_, promise, breakIt) => {
    expect(await broken(asItIs, breakIt, promise)).toEqual([promise]);
  });

  test('notices a log that draws a new epoch each time', async () => {
    const promise = 'is what it was when opened again; its epoch is another if that is asked';
    expect(await broken(asItIs, nothing, promise, { renewEpoch: true })).toEqual([promise]);
  });
});

/** Each row is looked for when it is asked for. */
async function* oneByOne(
  store: Store,
  { gte, lt }: Parameters<Store['iterator']>[0],
): AsyncGenerator<[string, Uint8Array]> {
  for (let from = gte; ;) {
    const found: [string, Uint8Array][] = [];
    for await (const row of store.iterator({ gte: from, lt, limit: 1 })) found.push(row);
    const [row] = found;
    if (row === undefined) return;
    yield row;
    from = `${row[0]}\0`;
  }
}

const cut = (operation: StoreOperation): StoreOperation =>
  operation.type === 'put' && operation.value.byteLength > 100_000
    ? { ...operation, value: operation.value.subarray(0, -1) }
    : operation;
