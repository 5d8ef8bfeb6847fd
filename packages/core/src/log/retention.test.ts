import { VirtualClock } from '@evermesh/testkit';
import { describe, expect, test } from 'vitest';
import type * as Y from 'yjs';
import {
  type AuthorId,
  authorOf,
  type Clock,
  type DeviceId,
  type DocumentId,
  type FolderId,
  type RunId,
  silentLogger,
} from '../base/index.ts';
import { applyBody, applySnapshotBody, documentCodec, encodeBody, newDocument } from '../model/index.ts';
import { isSnapshot, type LogRecord, makeRecord, NO_HEADS } from '../protocol/index.ts';
import { type MemoryStore, memoryStore } from '../testing/memory-store.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { Committer } from './committer.ts';
import type { CompactionPolicy } from './compaction-policy.ts';
import type { CompactionJob } from './compact-document.ts';
import { type CompactionRunner, inlineCompaction } from './compaction-runner.ts';
import { Compactor } from './compactor.ts';
import { looseRecords } from './document-index.ts';
import { FolderLog } from './folder-log.ts';
import { isStandInKey, orderPrefix, recordPrefix, stateKey } from './keys.ts';
import type { StoredRecord } from './log-reader.ts';
import { openStore } from './open-store.ts';
import { Retention } from './retention.ts';
import type { Store, StoreOperation } from './store.ts';

const FOLDER = 'f0'.repeat(16) as FolderId;
const A = 'a' as DocumentId;
const ANN: AuthorId = authorOf('01'.repeat(16) as DeviceId, 'aa'.repeat(8) as RunId);
const BOB: AuthorId = authorOf('02'.repeat(16) as DeviceId, 'bb'.repeat(8) as RunId);
const CLEO: AuthorId = authorOf('03'.repeat(16) as DeviceId, 'cc'.repeat(8) as RunId);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

const AT_ONCE: Clock = {
  now: () => 0,
  after(_milliseconds, run) {
    queueMicrotask(run);
    return { cancel: () => undefined };
  },
};

interface World {
  /** Jobs that were run. */
  readonly jobs: CompactionJob[];
  readonly log: FolderLog;
  readonly store: MemoryStore;
  readonly clock: VirtualClock;
  readonly errors: string[];
  readonly batches: StoreOperation[][];
  readonly write: (records: readonly LogRecord[]) => Promise<void>;
  /** Time passes, and what has to be done then is done. */
  readonly pass: (milliseconds: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

interface WorldOptions {
  readonly rows?: Map<string, Uint8Array>;
  readonly clock?: VirtualClock;
  /** Loose records after which a document is compacted. Default: it is not. */
  readonly compactedAt?: number;
}

async function open({ rows, clock = new VirtualClock(), compactedAt }: WorldOptions = {}): Promise<World> {
  const store = memoryStore(rows);
  await openStore(store);
  const batches: StoreOperation[][] = [];
  const watched: Store = {
    ...store,
    batch: (operations, options) => {
      batches.push(operations);
      return store.batch(operations, options);
    },
  };
  const committer = new Committer(watched);
  const log = await FolderLog.open({ store, committer, folder: FOLDER, random: seededRandom(1) });
  const errors: string[] = [];
  const logger = { ...silentLogger, error: (message: string): void => void errors.push(message) };
  const policy: CompactionPolicy = {
    isDue: (index) => compactedAt !== undefined && looseRecords(index) >= compactedAt,
    isOverdue: () => false,
  };
  const inline = inlineCompaction(documentCodec, AT_ONCE);
  const jobs: CompactionJob[] = [];
  const runner: CompactionRunner = {
    ...inline,
    run(job, signal) {
      jobs.push(job);
      return inline.run(job, signal);
    },
  };
  const compactor = new Compactor({ runner, policy, clock, logger });
  compactor.watch(log);
  const retention = new Retention({ store, committer, compactor, clock, logger, keep: 30 * DAY });
  retention.watch(log);
  const settled = async (): Promise<void> => {
    await compactor.idle();
    await retention.idle();
  };
  await settled();
  return {
    jobs,
    log,
    store,
    clock,
    errors,
    batches,
    write: async (records) => {
      await log.append(records).durable;
      clock.advance(3000);
      await settled();
    },
    pass: async (milliseconds) => {
      for (let left = milliseconds; left > 0; left -= HOUR) {
        clock.advance(Math.min(left, HOUR));
        await settled();
      }
    },
    close: async () => {
      await retention.close();
      await compactor.close();
    },
  };
}

/** Somebody who writes and deletes; each record says that it was written long ago. */
class Writer {
  readonly doc: Y.Doc = newDocument('d', 1, true);
  readonly #keeps: number;
  #counter = 0;

  /** @param keeps characters that are left when something is written */
  constructor(keeps = 20) {
    this.#keeps = keeps;
  }

  records(count: number, author: AuthorId = ANN): LogRecord[] {
    const bodies: Uint8Array[] = [];
    const note = (update: Uint8Array): void => void bodies.push(encodeBody(update));
    this.doc.on('update', note);
    const text = this.doc.getText('text');
    for (let i = 0; i < count; i++)
      this.doc.transact(() => {
        text.delete(0, text.length - Math.min(text.length, this.#keeps));
        text.insert(text.length, `word ${this.#counter + i} `);
      });
    this.doc.off('update', note);
    return bodies.map((body) => {
      const prev = this.#counter++;
      const record = { folder: FOLDER, document: A, author, counter: prev + 1, prev, time: 0, body };
      return makeRecord(record);
    });
  }

  get text(): string {
    return this.doc.getText('text').toString();
  }
}

async function all(log: FolderLog): Promise<StoredRecord[]> {
  const found: StoredRecord[] = [];
  for await (const stored of log.read.document(A, NO_HEADS)) found.push(stored);
  return found;
}

function textOf(records: readonly StoredRecord[]): string {
  const doc = newDocument('copy', 2, true);
  for (const { record } of records)
    if (isSnapshot(record)) applySnapshotBody(doc, record.body, undefined);
    else applyBody(doc, record.body, undefined);
  return doc.getText('text').toString();
}

const rowsIn = ({ store }: World, prefix: string): number =>
  [...store.rows.keys()].filter((key) => key.startsWith(prefix)).length;

describe.each([
  ['whose records lie alone', undefined],
  ['that is compacted', 16],
])('a document %s', (_, compactedAt) => {
  const options = compactedAt === undefined ? {} : { compactedAt };

  test('keeps for 30 days what it got, and of what is older what that comes to', async () => {
    const world = await open(options);
    const ann = new Writer();
    const first = ann.records(40);
    await world.write(first);
    await world.pass(DAY);
    const second = ann.records(20);
    await world.write(second);
    await world.pass(29 * DAY - HOUR);
    expect((await all(world.log)).map(({ record }) => record)).toEqual([...first, ...second]);
    await world.pass(2 * HOUR);
    const [standIn, ...rest] = await all(world.log);
    expect(standIn).toMatchObject({ seq: 40, standsFor: 40, record: { header: { kind: 'snapshot' } } });
    expect([...(standIn as StoredRecord).record.header.covers]).toEqual([[ANN, 40]]);
    expect(rest.map(({ record }) => record)).toEqual(second);
    expect(textOf(await all(world.log))).toBe(ann.text);
    expect(world.errors).toEqual([]);
  });

  test('takes what comes next as ever, is opened again, and lets more go later', async () => {
    const before = await open(options);
    const ann = new Writer();
    await before.write(ann.records(40));
    await before.pass(31 * DAY);
    await before.write(ann.records(20));
    await before.pass(DAY);
    await before.close();
    const world = await open({ ...options, rows: before.store.rows, clock: before.clock });
    expect(world.log.document(A)?.records).toBe(60);
    expect(await all(world.log)).toHaveLength(21);
    expect(textOf(await all(world.log))).toBe(ann.text);
    await world.pass(31 * DAY);
    const [standIn, ...rest] = await all(world.log);
    expect([standIn?.seq, standIn?.standsFor, rest]).toEqual([60, 60, []]);
    expect(textOf(await all(world.log))).toBe(ann.text);
    const { position, read } = world.log;
    expect(world.log.document(A)?.bytes).toBe(standIn?.bytes.byteLength);
    expect((await read.record(A, 60))?.record).toEqual(standIn?.record);
    expect(await read.record(A, 1)).toBeUndefined();
    // One who has read all has a place still.
    expect(await read.digestAt(position.seq)).toEqual(position.digest);
    expect(rowsIn(world, orderPrefix(FOLDER))).toBe(1);
    expect(rowsIn(world, recordPrefix(FOLDER, A))).toBe(1);
    const state = await read.state(A);
    expect([state?.seq, state?.records]).toEqual([60, 60]);
    expect(world.errors).toEqual([]);
  });

  test('is whole wherever a store tears the batch', async () => {
    const world = await open(options);
    const ann = new Writer();
    await world.write(ann.records(40));
    await world.pass(DAY);
    await world.write(ann.records(10));
    await world.pass(29 * DAY - HOUR);
    const rows = new Map(world.store.rows);
    world.batches.length = 0;
    await world.pass(2 * HOUR);
    const torn = world.batches.find((batch) => batch.some(({ key }) => isStandInKey(key)));
    expect(torn?.length).toBeGreaterThan(2);
    for (let written = 0; written <= (torn?.length ?? 0); written++) {
      const left = memoryStore(new Map(rows));
      await left.batch(torn?.slice(0, written) ?? [], { sync: true });
      const again = await open({ rows: left.rows });
      expect(textOf(await all(again.log)), `${written} written`).toBe(ann.text);
      const state = await again.log.read.state(A);
      const behind: StoredRecord[] = [];
      for await (const stored of again.log.read.document(A, state?.covers ?? NO_HEADS, state))
        behind.push(stored);
      expect(behind.length, `${written} written`).toBeLessThanOrEqual(state === undefined ? 50 : 10);
      await again.close();
    }
  });
});

/** What the index should say: bytes of the records that are left, and of what stands for the others. */
const bytesIn = async (log: FolderLog): Promise<number> =>
  (await all(log)).reduce((sum, { bytes }) => sum + bytes.byteLength, 0);

test.each([
  ['whose records lie alone', undefined],
  ['that is compacted', 16],
])(
  'a document %s has its bytes counted right after the next trim, wherever a store tore one',
  async (_, compactedAt) => {
    const options = compactedAt === undefined ? {} : { compactedAt };
    const world = await open(options);
    const ann = new Writer();
    await world.write(ann.records(40));
    await world.pass(DAY);
    await world.write(ann.records(20));
    await world.pass(29 * DAY - HOUR);
    const [rows, time] = [new Map(world.store.rows), world.clock.now()];
    world.batches.length = 0;
    await world.pass(2 * HOUR);
    const torn = world.batches.find((batch) => batch.some(({ key }) => isStandInKey(key))) ?? [];
    await world.close();
    expect(torn.length).toBeGreaterThan(2);
    for (let written = 0; written <= torn.length; written++) {
      const left = memoryStore(new Map(rows));
      await left.batch(torn.slice(0, written), { sync: true });
      const clock = new VirtualClock();
      clock.advance(time - clock.now());
      const again = await open({ ...options, rows: left.rows, clock });
      await again.pass(3 * DAY);
      expect(again.log.document(A)?.compacted?.floor, `${written} written`).toBe(60);
      expect(again.log.document(A)?.bytes, `${written} written`).toBe(await bytesIn(again.log));
      const { seq, bytes } = again.log.document(A)?.compacted ?? {};
      expect([seq, bytes], `${written} written`).toEqual([60, again.log.document(A)?.bytes]);
      expect(textOf(await all(again.log)), `${written} written`).toBe(ann.text);
      expect(again.errors, `${written} written`).toEqual([]);
      await again.close();
    }
  },
);

test('a state that was damaged when records went is made anew of all that is left, and of what came since', async () => {
  const world = await open({ compactedAt: 16 });
  // More than one pack holds, of each.
  await world.write(new Writer().records(1500));
  await world.pass(DAY);
  await world.write(new Writer().records(1500, BOB));
  world.store.rows.set(stateKey(FOLDER, A), Uint8Array.of(1, 2, 3));
  await world.pass(29 * DAY);
  expect(world.log.document(A)?.compacted?.floor).toBe(1500);
  await world.write(new Writer().records(20, CLEO));
  await world.pass(HOUR);
  expect((await world.log.read.state(A))?.covers).toEqual(world.log.document(A)?.heads);
  expect(await all(world.log)).toHaveLength(1521);
});

test('where nobody writes, nothing is written', async () => {
  const world = await open();
  await world.write(new Writer().records(4));
  world.batches.length = 0;
  await world.pass(29 * DAY);
  expect(world.batches).toEqual([]);
});

test('a document of which a part is awaited keeps every record', async () => {
  const world = await open();
  const [, ...records] = new Writer().records(41);
  // Its author's first record is in another document, as far as numbers tell: what builds on it waits.
  await world.write(
    records.map(({ header, body }) => {
      const counter = header.counter - 1;
      return makeRecord({ ...header, clocks: [], counter, prev: counter - 1, body });
    }),
  );
  await world.pass(31 * DAY);
  expect(await all(world.log)).toHaveLength(40);
  expect(world.errors).toEqual([]);
});

test('the same state is neither made nor written again for a few small records', async () => {
  const world = await open();
  const ann = new Writer(10_000);
  await world.write(ann.records(400));
  await world.pass(31 * DAY);
  await world.write(ann.records(1));
  world.jobs.length = 0;
  await world.pass(31 * DAY);
  expect(world.jobs).toEqual([]);
  expect((await all(world.log)).map(({ seq }) => seq)).toEqual([400, 401]);
  await world.write(ann.records(40));
  await world.pass(31 * DAY);
  expect((await all(world.log)).map(({ seq }) => seq)).toEqual([441]);
  expect(textOf(await all(world.log))).toBe(ann.text);
});

test('a document that cannot be read keeps no other from being kept within bounds', async () => {
  const world = await open();
  const ann = new Writer();
  const records = ann.records(80);
  await world.write(records.slice(0, 40));
  await world.pass(HOUR);
  const other = 'b' as DocumentId;
  await world.write(
    records.slice(0, 40).map(({ header, body }) => {
      const counter = header.counter + 40;
      const prev = header.counter === 1 ? 0 : counter - 1;
      return makeRecord({ ...header, document: other, clocks: [], counter, prev, body });
    }),
  );
  const [damaged] = [...world.store.rows.keys()].filter((key) => key.startsWith(recordPrefix(FOLDER, A)));
  world.store.rows.set(damaged as string, Uint8Array.of(1, 2, 3));
  await world.pass(31 * DAY);
  expect(world.log.document(other)?.compacted?.floor).toBe(80);
  expect(world.log.document(A)?.compacted).toBeUndefined();
  expect(new Set(world.errors)).toEqual(new Set(['older records of a document stay']));
});
