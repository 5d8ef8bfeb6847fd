/** When what a log took is shown, and what is kept with it. */
import { utf8 } from '@evermesh/core/base';
import {
  type Appended,
  type AppendResult,
  type FolderLog,
  progressRow,
  readProgress,
  type Store,
  type StoreOperation,
} from '@evermesh/core/log';
import { NO_HEADS } from '@evermesh/core/protocol';
import { fails, same } from './claims.ts';
import { faulty } from './faulty-store.ts';
import { all, ANN, BEN, FOLDER, idOf, type LogSuite, placesOf, record, typesOf } from './log-in-test.ts';
import { VirtualClock } from './virtual-clock.ts';

/** Milliseconds that a late batch takes. */
const LATE = 1000;

export function testLogDurability({ promise }: LogSuite): void {
  promise('keeps rows beside records, a cursor among them, in one batch', async (log, store, place) => {
    const cursor = { epoch: log.epoch, seq: 7, digest: new Uint8Array(16).fill(7) };
    const progress = { cursor, acknowledged: 3, received: [{ from: 5, to: 6 }] };
    const rows = [progressRow(FOLDER, 'peer', progress), put('beside')];
    await log.append([record(ANN, 'a', 1, 0)], { beside: rows }).durable;
    // What becomes of the records is known before the rows are made; these are kept in any case.
    const beside = (outcomes: Parameters<typeof typesOf>[0]): StoreOperation[] => [
      put(typesOf(outcomes).join()),
    ];
    await log.append([record(ANN, 'a', 3, 2)], { beside }).durable;
    await store.close();
    const again = place.store();
    await again.open();
    same(await readProgress(again, FOLDER, 'peer'), progress, 'the cursor');
    same(await again.get('beside'), utf8('beside'), 'a row beside a record');
    same(await again.get('gap'), utf8('gap'), 'a row that says what became of a record');
    await again.close();
  });

  const slow = new SlowStores();
  const title = 'shows nothing before it is durable, then tells it once, in order, with its source';
  promise(
    title,
    async (log) => {
      const heard: Appended[] = [];
      log.appended.add((appended) => heard.push(appended));
      const calls = [1, 2].map((i) => log.append([record(ANN, 'a', i, i - 1)], { source: i }));
      const durable = allDurable(calls);
      same(await placesOf(log), [], 'what is read meanwhile');
      const shown = [log.position.seq, heard.length, [...log.documents()].length];
      same(shown, [0, 0, 0], 'what is shown meanwhile');
      same([...log.assignedHeads(idOf('a'))], [[ANN, 2]], 'what has its place');
      slow.clock.advance(LATE);
      await durable;
      const told = heard.map(({ source, entries }) => [source, entries.map(({ seq }) => seq)]);
      same(
        told,
        [
          [1, [1]],
          [2, [2]],
        ],
        'what was told',
      );
      same(await placesOf(log), ['1 a 11', '2 a 12'], 'the order');
    },
    (store) => slow.over(store),
  );

  promise(
    'shares one synced batch among all who wait for the disk',
    async (log) => {
      const first = log.append([record(ANN, 'a', 1, 0)]);
      await placesOf(log);
      const others = Array.from({ length: 100 }, (_, i) => log.append([record(BEN, `d${i}`, i + 1, 0)]));
      const durable = allDurable([first, ...others]);
      slow.clock.advance(LATE);
      await durable;
      // One marked the store, one was late, one had all that waited.
      same(slow.synced, [true, true, true], 'the batches');
      same(log.position.seq, 101, 'the records');
    },
    (store) => slow.over(store),
  );

  promise('walks over what was there when the walk began, while more is appended', async (log) => {
    const write = (from: number, to: number): Promise<void> =>
      log.append(Array.from({ length: to - from }, (_, i) => record(ANN, 'a', from + i + 1, from + i)))
        .durable;
    await write(0, 500);
    const [order, document] = [log.read.order(0), log.read.document(idOf('a'), NO_HEADS)];
    await Promise.all([order.next(), document.next()]);
    await write(500, 1000);
    const expected = Array.from({ length: 499 }, (_, i) => i + 2);
    same(await seqs(order), expected, 'the order');
    same(await seqs(document), expected, 'the document');
    same(await seqs(log.read.order(998)), [999, 1000], 'a walk that begins afterwards');
  });

  promise(
    'takes nothing more once its store failed, and shows nothing of what it lost',
    async (log, store) => {
      await log.append([record(ANN, 'a', 1, 0)]).durable;
      await store.close();
      await fails(log.append([record(ANN, 'a', 2, 1)]).durable, undefined, 'an append');
      await fails(log.append([record(BEN, 'a', 1, 0)]).durable, undefined, 'an append behind it');
      await fails(log.idle(), undefined, 'idle');
      same([log.position.seq, recordsOf(log)], [1, 1], 'what is shown');
    },
  );
}

/** Whoever leaves before it does so because of a claim that failed already. */
function allDurable(calls: readonly AppendResult[]): Promise<unknown> {
  const durable = Promise.all(calls.map((call) => call.durable));
  durable.catch(() => undefined);
  return durable;
}

const seqs = async (walk: AsyncIterable<{ seq: number }>): Promise<number[]> =>
  (await all(walk)).map(({ seq }) => seq);

const recordsOf = (log: FolderLog): number | undefined => log.document(idOf('a'))?.records;

const put = (key: string): StoreOperation => ({ type: 'put', key, value: utf8(key) });

/** Stores on which the first batch of records is late. The opening of an empty store writes one before. */
class SlowStores {
  readonly clock: VirtualClock = new VirtualClock();
  /** Of each batch of the last store, whether it was to be synced. */
  synced: boolean[] = [];

  over(store: Store): Store {
    const synced: boolean[] = [];
    this.synced = synced;
    const late = faulty(store, 1, { clock: this.clock, milliseconds: LATE });
    return {
      open: () => store.open(),
      close: () => store.close(),
      get: (key) => store.get(key),
      iterator: (range) => store.iterator(range),
      batch: (operations, options) => {
        synced.push(options.sync);
        return synced.length === 1 ? store.batch(operations, options) : late.batch(operations, options);
      },
    };
  }
}
