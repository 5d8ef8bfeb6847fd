import { describe, expect, test } from 'vitest';
import {
  authorOf,
  type AuthorId,
  type DeviceId,
  type DocumentId,
  type FolderId,
  type RunId,
  utf8,
} from '../base/index.ts';
import {
  type AtomicGroup,
  type Heads,
  keptHeads,
  type LogRecord,
  makeRecord,
  makeSnapshot,
  NO_HEADS,
} from '../protocol/index.ts';
import { type MemoryStore, memoryStore } from '../testing/memory-store.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { Committer } from './committer.ts';
import { Debts } from './debts.ts';
import { type Appended, FolderLog, type Outcome } from './folder-log.ts';
import { recordKey } from './keys.ts';
import { progressRow, readProgress } from './peer-state.ts';
import { openStore, STORE_FORMAT } from './open-store.ts';
import type { Store } from './store.ts';
import { nextDigest } from './running-digest.ts';

const FOLDER = 'f0'.repeat(16) as FolderId;
const author = (number: number): AuthorId =>
  authorOf(`0${number}`.repeat(16) as DeviceId, 'aa'.repeat(8) as RunId);
const [ANN, BEN] = [author(1), author(2)];
const id = (document: string): DocumentId => document as DocumentId;

const record = (
  by: AuthorId,
  document: string,
  counter: number,
  prev: number,
  more: { group?: AtomicGroup; kind?: 'snapshot'; covers?: Heads; folder?: FolderId; body?: string } = {},
): LogRecord => {
  const { body = `${by} ${counter}`, ...fields } = more;
  return makeRecord({
    folder: FOLDER,
    document: id(document),
    author: by,
    counter,
    prev,
    time: 0,
    body: utf8(body),
    ...fields,
  });
};

async function open(
  store: Store = memoryStore(),
  more: { renewEpoch?: boolean; seed?: number } = {},
): Promise<{ log: FolderLog; committer: Committer }> {
  await openStore(store);
  const committer = new Committer(store);
  const random = seededRandom(more.seed ?? 1);
  const renewEpoch = more.renewEpoch ?? false;
  return { log: await FolderLog.open({ store, committer, folder: FOLDER, random, renewEpoch }), committer };
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

const types = (outcomes: readonly Outcome[]): string[] => outcomes.map(({ type }) => type);

async function placesOf(log: FolderLog): Promise<string[]> {
  const places: string[] = [];
  for await (const { seq, document } of log.read.order(0)) {
    const stored = await log.read.record(document, seq);
    places.push(`${seq} ${document} ${stored?.record.header.counter}`);
  }
  return places;
}

describe('order by author', () => {
  test('a record is taken behind its predecessor, whatever others wrote in between', async () => {
    const { log } = await open();
    const { outcomes, durable } = log.append([
      record(ANN, 'a', 1, 0),
      record(BEN, 'a', 1, 0),
      record(ANN, 'b', 2, 0),
      record(ANN, 'a', 3, 1),
    ]);
    expect(types(outcomes)).toEqual(['stored', 'stored', 'stored', 'stored']);
    await durable;
    expect(await placesOf(log)).toEqual(['1 a 1', '2 a 1', '3 b 2', '4 a 3']);
    expect(log.document(id('a'))).toMatchObject({
      lastSeq: 4,
      records: 3,
      heads: new Map([
        [ANN, 3],
        [BEN, 1],
      ]),
    });
    expect(log.lastCounter(ANN)).toBe(3);
  });

  test('one whose predecessor is missing is a gap that says what is held, and is not stored', async () => {
    const { log } = await open();
    await log.append([record(ANN, 'a', 1, 0)]).durable;
    const { outcomes, durable } = log.append([record(ANN, 'a', 3, 2)]);
    await durable;
    expect(outcomes).toEqual([{ type: 'gap', document: 'a', heads: keptHeads(new Map([[ANN, 1]])) }]);
    expect(await placesOf(log)).toEqual(['1 a 1']);
  });

  test('a gap in a group stores nothing of the group, and everything beside it', async () => {
    const { log } = await open();
    const group = { first: 1, size: 2 };
    const { outcomes, durable } = log.append([
      record(BEN, 'b', 1, 0),
      record(ANN, 'a', 1, 0, { group }),
      record(ANN, 'b', 2, 1, { group }),
      record(BEN, 'b', 2, 1),
    ]);
    await durable;
    expect(types(outcomes)).toEqual(['stored', 'gap', 'gap', 'stored']);
    expect(await placesOf(log)).toEqual(['1 b 1', '2 b 2']);
  });

  test('a repeat is told and stored once, also within one call and before it is durable', async () => {
    const { log } = await open();
    const first = log.append([record(ANN, 'a', 1, 0), record(ANN, 'a', 1, 0)]);
    const second = log.append([record(ANN, 'a', 1, 0)]);
    await second.durable;
    expect([...types(first.outcomes), ...types(second.outcomes)]).toEqual(['stored', 'repeat', 'repeat']);
    expect(await placesOf(log)).toEqual(['1 a 1']);
  });

  test('a group of which a part is held already is completed', async () => {
    const { log } = await open();
    const group = { first: 1, size: 2 };
    const [a, b] = [record(ANN, 'a', 1, 0, { group }), record(ANN, 'b', 2, 0, { group })];
    await log.append([b]).durable;
    expect(types(log.append([a, b]).outcomes)).toEqual(['stored', 'repeat']);
  });

  test('a snapshot needs no predecessor and stands for what it covers', async () => {
    const { log } = await open();
    const covers = new Map([[BEN, 7]]);
    const body = utf8('state');
    const snapshot = makeSnapshot({ folder: FOLDER, document: id('a'), covers, blobs: [], body });
    await log.append([snapshot]).durable;
    expect([...(log.document(id('a'))?.heads ?? [])]).toEqual([...covers]);
    expect(types(log.append([snapshot]).outcomes)).toEqual(['repeat']);
    // Who writes here numbers on from what it wrote, whatever somebody claims to stand for.
    expect(log.lastCounter(BEN)).toBe(0);
    expect(types(log.append([record(BEN, 'a', 7, 6), record(BEN, 'a', 8, 7)]).outcomes)).toEqual([
      'repeat',
      'stored',
    ]);
  });

  test('a record of another folder is refused with everything that came with it', async () => {
    const { log } = await open();
    const stray = record(ANN, 'a', 2, 1, { folder: '00'.repeat(16) as FolderId });
    expect(() => log.append([record(ANN, 'a', 1, 0), stray])).toThrow(
      expect.objectContaining({ code: 'RECORD_MALFORMED' }),
    );
    await log.append([record(ANN, 'a', 1, 0)]).durable;
    expect(await placesOf(log)).toEqual(['1 a 1']);
  });
});

describe('durable before visible', () => {
  test('nothing is shown before its batch has ended, and then it is told once, in order, with its source', async () => {
    const { log } = await open();
    const heard: Appended[] = [];
    log.appended.add((appended) => heard.push(appended));
    const first = log.append([record(ANN, 'a', 1, 0)], { source: 'first' });
    const second = log.append([record(ANN, 'a', 2, 1)], { source: 'second' });
    expect(log.position.seq).toBe(0);
    expect(log.document(id('a'))).toBeUndefined();
    expect(new Map(log.assignedHeads(id('a')))).toEqual(new Map([[ANN, 2]]));
    await Promise.all([first.durable, second.durable]);
    expect(log.position.seq).toBe(2);
    expect(heard.map(({ entries, source }) => [source, entries.map(({ seq }) => seq)])).toEqual([
      ['first', [1]],
      ['second', [2]],
    ]);
  });

  test('what stands beside records is in their batch, and sees what became of them', async () => {
    const store = memoryStore();
    const { log } = await open(store);
    const before = store.batches;
    await log.append([record(ANN, 'a', 2, 1)], {
      beside: (outcomes) => [{ type: 'put', key: 'x', value: utf8(types(outcomes).join()) }],
    }).durable;
    await log.append([record(ANN, 'a', 1, 0)], { beside: [{ type: 'put', key: 'y', value: utf8('y') }] })
      .durable;
    expect(store.batches).toBe(before + 2);
    expect(new TextDecoder().decode(store.rows.get('x'))).toBe('gap');
    expect(store.rows.has('y')).toBe(true);
  });

  test('when what should stand beside records cannot be made, the records are stored alone', async () => {
    const store = memoryStore();
    const { log } = await open(store);
    const { durable } = log.append([record(ANN, 'd', 1, 0)], {
      beside: () => {
        throw new Error('mine');
      },
    });
    await expect(durable).rejects.toThrow('mine');
    await log.append([record(ANN, 'd', 2, 1)]).durable;
    expect(await placesOf((await open(store)).log)).toEqual(['1 d 1', '2 d 2']);
  });

  test('when the store fails, everything rejects and nothing becomes visible', async () => {
    const store = memoryStore();
    const { log } = await open(store);
    await log.append([record(ANN, 'a', 1, 0)]).durable;
    const rows = new Map(store.rows);
    let told = 0;
    log.appended.add(() => (told += 1));
    store.batch = () => Promise.reject(new Error('no space left'));
    const failed = log.append([record(ANN, 'a', 2, 1)]);
    await expect(failed.durable).rejects.toMatchObject({ code: 'STORE_FAILED' });
    await expect(log.append([record(BEN, 'a', 1, 0)]).durable).rejects.toMatchObject({
      code: 'STORE_FAILED',
    });
    await expect(log.idle()).rejects.toMatchObject({ code: 'STORE_FAILED' });
    expect([log.position.seq, log.document(id('a'))?.records, told]).toEqual([1, 1, 0]);
    expect(store.rows).toEqual(rows);
  });
});

test("what waits for one batch shares one entry of each document, and the log's state, behind all records and what replaces some", async () => {
  const store = memoryStore();
  const { log } = await open(store);
  const batches: string[][] = [];
  const write = store.batch.bind(store);
  store.batch = (operations, options) => {
    batches.push(operations.map(({ key }) => key.slice('f/'.length + FOLDER.length)));
    return write(operations, options);
  };
  const compacted = { stateBytes: 1, seq: 0, records: 0, bytes: 0, floor: 0, open: [] };
  const beside = [{ type: 'put' as const, key: `f/${FOLDER}/x/beside`, value: utf8('1') }];
  const first = log.append([record(ANN, 'a', 1, 0), record(ANN, 'b', 2, 0)], { beside });
  const replaced = log.replace(id('b'), { puts: [], removed: [], compacted });
  const second = log.append([record(ANN, 'a', 3, 1)]);
  await Promise.all([first.durable, replaced, second.durable, log.append([record(ANN, 'a', 3, 1)]).durable]);
  const at = (seq: number): string => seq.toString(16).padStart(14, '0');
  expect(batches).toEqual([
    [
      ...[`/r/a/${at(1)}`, `/s/${at(1)}`, `/r/b/${at(2)}`, `/s/${at(2)}`, '/x/beside', '/d/b'],
      ...[`/r/a/${at(3)}`, `/s/${at(3)}`, '/d/a', '/l'],
    ],
  ]);
  const again = (await open(store)).log;
  expect(again.position).toEqual(log.position);
  expect([...again.documents()]).toEqual([...log.documents()]);
});

describe('digest and epoch', () => {
  test('equal records make equal digests; another record, or another order, another one', async () => {
    const digests = async (...records: LogRecord[]): Promise<string> => {
      const { log } = await open();
      await log.append(records).durable;
      expect(await log.read.digestAt(records.length)).toEqual(log.position.digest);
      return log.position.digest.join();
    };
    const [a, b] = [record(ANN, 'a', 1, 0), record(BEN, 'a', 1, 0)];
    expect(await digests(a, b)).toBe(await digests(a, b));
    expect(await digests(a, b)).not.toBe(await digests(b, a));
    expect(await digests(a)).not.toBe(await digests(record(ANN, 'a', 1, 0, { body: 'other' })));
    expect(nextDigest(new Uint8Array(16), a.header)).toHaveLength(16);
  });

  test('a place that is not there has no digest', async () => {
    const { log } = await open();
    await log.append([record(ANN, 'a', 1, 0)]).durable;
    expect(await log.read.digestAt(0)).toEqual(new Uint8Array(16));
    expect(await log.read.digestAt(2)).toBeUndefined();
  });

  test('a log opened anew is what it was; its epoch is another only if asked for, and then for good', async () => {
    const { rows } = memoryStore();
    const { log } = await open(memoryStore(rows));
    await log.append([record(ANN, 'a', 1, 0), record(BEN, 'b', 1, 0), record(ANN, 'a', 2, 1)]).durable;
    const seen = (of: FolderLog): unknown => [of.position, [...of.documents()], of.lastCounter(ANN)];
    const again = (await open(memoryStore(rows), { seed: 2 })).log;
    expect(seen(again)).toEqual(seen(log));
    expect(again.epoch).toBe(log.epoch);

    const renewed = (await open(memoryStore(rows), { seed: 3, renewEpoch: true })).log;
    expect(seen(renewed)).toEqual(seen(log));
    expect(renewed.epoch).not.toBe(log.epoch);
    expect((await open(memoryStore(rows), { seed: 4 })).log.epoch).toBe(renewed.epoch);
    await again.append([record(BEN, 'b', 2, 1)]).durable;
    expect(await placesOf(again)).toEqual(['1 a 1', '2 b 1', '3 a 2', '4 b 2']);
  });

  test('records that heads do not cover are read in the order of the log', async () => {
    const { log } = await open();
    await log.append([record(ANN, 'a', 1, 0), record(BEN, 'a', 1, 0), record(ANN, 'a', 2, 1)]).durable;
    const found: string[] = [];
    for await (const { seq } of log.read.document(id('a'), new Map([[ANN, 1]]))) found.push(String(seq));
    expect(found).toEqual(['2', '3']);
  });
});

test('rows that are replaced while records are on their way leave those their place in the index', async () => {
  const store = memoryStore();
  const { log } = await open(store);
  await log.append([record(ANN, 'a', 1, 0)]).durable;
  const before = log.append([record(ANN, 'a', 2, 1)]).durable;
  const compacted = { stateBytes: 9, seq: 1, records: 1, bytes: 100, floor: 0, open: [] };
  const replaced = log.replace(id('a'), { puts: [], removed: [], compacted });
  const after = log.append([record(BEN, 'a', 1, 0)]).durable;
  await Promise.all([before, replaced, after]);
  expect(log.document(id('a'))).toMatchObject({ records: 3, lastSeq: 3, compacted });
  const again = await open(memoryStore(store.rows), { seed: 2 });
  expect(again.log.document(id('a'))).toEqual(log.document(id('a')));
});

describe('damage', () => {
  async function filled(): Promise<MemoryStore> {
    const store = memoryStore();
    const { log, committer } = await open(store);
    await log.append([record(ANN, 'a', 1, 0)]).durable;
    const debts = await Debts.load(store, FOLDER);
    const cursor = { epoch: log.epoch, ...log.position };
    await committer.commit([
      ...debts.owe('peer', [{ document: id('b'), bytes: 1, heads: new Map([[ANN, 2]]) }]),
      progressRow(FOLDER, 'peer', { cursor, acknowledged: 1, received: [{ from: 3, to: 3 }] }),
    ]);
    return store;
  }
  const corrupt = expect.objectContaining({ code: 'STORE_CORRUPT' }) as unknown;

  test.each([
    ['state', '/l', open],
    ['index', '/d/a', open],
    ['debt', '/o/peer/b', (store: Store) => Debts.load(store, FOLDER)],
    ['cursor', '/c/peer', (store: Store) => readProgress(store, FOLDER, 'peer')],
  ])('a %s that is cut short, or goes on behind its end, is told by name', async (_what, key, read) => {
    const { rows } = await filled();
    const row = rows.get(`f/${FOLDER}${key}`) as Uint8Array;
    await expect(read(memoryStore(rows))).resolves.toBeDefined();
    for (const bad of [row.slice(0, -1), Uint8Array.of(...row, 0), new Uint8Array(0)]) {
      rows.set(`f/${FOLDER}${key}`, bad);
      await expect(read(memoryStore(rows))).rejects.toEqual(corrupt);
    }
  });

  test('a log that lost its end does not begin to number over its records', async () => {
    const { rows } = await filled();
    rows.delete(`f/${FOLDER}/l`);
    await expect(open(memoryStore(rows))).rejects.toEqual(corrupt);
  });

  test('a log of whose last batch only the beginning was written is not opened', async () => {
    const before = new Map((await filled()).rows);
    const { rows } = await filled();
    const { log } = await open(memoryStore(rows));
    await log.append([record(ANN, 'a', 2, 1), record(BEN, 'c', 1, 0)]).durable;
    for (const [key, row] of rows) if (/\/[rs]\//.test(key)) before.set(key, row);
    await expect(open(memoryStore(before))).rejects.toEqual(corrupt);
  });

  test('a log that lost rows in its middle is not opened, or not read, as if they had never been', async () => {
    const { rows } = await filled();
    const { log } = await open(memoryStore(rows));
    await log.append([record(ANN, 'a', 2, 1), record(BEN, 'c', 1, 0)]).durable;
    const without = async (key: string): Promise<FolderLog> => {
      const left = new Map(rows);
      expect(left.delete(key)).toBe(true);
      return (await open(memoryStore(left))).log;
    };
    await expect(without(`f/${FOLDER}/d/c`)).rejects.toEqual(corrupt);
    for (const [document, seq] of [
      ['a', 1],
      ['c', 3],
    ] as const) {
      const read = (await without(recordKey(FOLDER, id(document), seq))).read.document(
        id(document),
        NO_HEADS,
      );
      await expect(all(read)).rejects.toEqual(corrupt);
    }
  });

  test('a flipped bit of a record is told when it is read', async () => {
    const store = await filled();
    const key = [...store.rows.keys()].find((each) => each.startsWith(`f/${FOLDER}/r/a/`)) as string;
    const bytes = store.rows.get(key) as Uint8Array;
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    const { log } = await open(store);
    await expect(log.read.record(id('a'), 1)).rejects.toEqual(corrupt);
  });

  test.each([
    ['of a later format', String(STORE_FORMAT + 1), 'FORMAT_TOO_NEW'],
    ['of something else', 'leveldb', 'STORE_CORRUPT'],
  ])('a store %s is closed again and refused by name', async (_what, format, code) => {
    const store = await filled();
    store.rows.set('format', utf8(format));
    let closed = 0;
    store.close = () => Promise.resolve(void (closed += 1));
    await expect(open(store)).rejects.toMatchObject({ code });
    expect(closed).toBe(1);
  });

  test('a store that holds rows of another program is refused and stays as it is', async () => {
    const store = memoryStore(new Map([['theirs', utf8('row')]]));
    await expect(open(store)).rejects.toEqual(corrupt);
    expect([...store.rows.keys()]).toEqual(['theirs']);
  });

  test.each([
    ['STORE_CORRUPT', 'Corruption: block checksum mismatch', { code: 'LEVEL_CORRUPTION' }],
    ['STORE_CORRUPT', 'IO error: 000005.ldb: Invalid argument', { code: 'LEVEL_IO_ERROR' }],
    ['STORE_CORRUPT', 'IO error: MANIFEST-000002: No such file or directory', { code: 'LEVEL_IO_ERROR' }],
    ['STORE_FAILED', 'IO error: 000005.ldb: Input/output error', { code: 'LEVEL_IO_ERROR' }],
    ['STORE_FAILED', 'no space left on device', {}],
  ])('a store fails with %s when it says: %s', async (code, message, fields) => {
    const error = Object.assign(new Error(message), fields);
    const broken: MemoryStore = { ...memoryStore(), get: () => Promise.reject(error) };
    await expect(openStore(broken)).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message) as string,
    });
  });

  test('what fails after a store was opened is named as well', async () => {
    const store = memoryStore();
    const opened = await openStore(store);
    const error = Object.assign(new Error('Corruption: bad block'), { code: 'LEVEL_CORRUPTION' });
    store.get = () => Promise.reject(error);
    store.batch = () => Promise.reject(error);
    store.iterator = () => {
      throw error;
    };
    await expect(opened.get('x')).rejects.toEqual(corrupt);
    await expect(opened.batch([], { sync: true })).rejects.toEqual(corrupt);
    await expect(all(opened.iterator({ gte: '', lt: 'x' }))).rejects.toEqual(corrupt);
  });
});
