/**
 * Many writers, each of whom waits until his update is durable before he writes the next: how many updates a second a store
 * makes durable, and what the same bytes cost without an engine.
 */
import { join } from 'node:path';
import { levelStore } from '@evermesh/adapters/level';
import { memoryStore } from '@evermesh/adapters/memory';
import {
  authorOf,
  type DocumentId,
  newDeviceId,
  newFolderId,
  newRunId,
  systemRandom,
} from '@evermesh/core/base';
import { Committer, FolderLog, openStore, type Store, type StoreOperation } from '@evermesh/core/log';
import { encodeBody } from '@evermesh/core/model';
import { makeRecord } from '@evermesh/core/protocol';
import { Level } from 'level';
import { timed } from '../measure.ts';
import { importPeer } from './peer-package.ts';
import type { Amounts, Task, TaskOptions } from './task-options.ts';
import { typedUpdates } from './typed-updates.ts';

/** Where every update is synced alone, a hundredth of them says enough. */
const ALONE = 100;

export const DURABLE_TASKS: Readonly<Record<string, Task>> = {
  'durable evermesh': (options) => withLevel(options, (store) => writeToLog(store, options)),
  'durable evermesh, one sync an update': (options) => {
    const alone = { ...options, writers: 1, updates: Math.ceil(options.updates / ALONE) };
    return withLevel(alone, (store) => writeToLog(store, alone));
  },
  'durable classic-level, the same rows': writeTheSameRows,
  'durable classic-level, a row an update': writeRowsAlone,
  'durable y-leveldb, never synced': writeToYLevel,
  'durable sqlite': (options) => writeToSqlite(options, options.writers),
  'durable sqlite, one sync an update': (options) =>
    writeToSqlite({ ...options, updates: Math.ceil(options.updates / ALONE) }, 1),
};

async function withLevel<T>({ directory }: TaskOptions, use: (store: Store) => Promise<T>): Promise<T> {
  const store = levelStore(join(directory, 'store'));
  try {
    return await use(store);
  } finally {
    await store.close();
  }
}

/** Each writer has a document of his own, and all of them a folder. */
async function writeToLog(unopened: Store, { updates, writers }: TaskOptions): Promise<Amounts> {
  const store = await openStore(unopened);
  const [folder, random] = [newFolderId(systemRandom), systemRandom];
  const log = await FolderLog.open({ store, committer: new Committer(store), folder, random });
  const each = Math.ceil(updates / writers);
  const bodies = typedUpdates(each).map(encodeBody);
  const write = async (writer: number): Promise<void> => {
    const author = authorOf(newDeviceId(random), newRunId(random));
    const document = `document-${writer}` as DocumentId;
    for (const [i, body] of bodies.entries()) {
      const record = makeRecord({ folder, document, author, counter: i + 1, prev: i, time: 0, body });
      await log.append([record]).durable;
    }
  };
  const time = await spent(() => Promise.all(Array.from({ length: writers }, (_, i) => write(i))));
  return eachOf(time, each * writers);
}

/** What the log asked of its store, asked of the database itself, one batch after the other. */
async function writeTheSameRows(options: TaskOptions): Promise<Amounts> {
  const batches: StoreOperation[][] = [];
  const kept = memoryStore();
  const store: Store = {
    open: () => kept.open(),
    close: () => kept.close(),
    get: (key) => kept.get(key),
    iterator: (range) => kept.iterator(range),
    batch: (operations, how) => {
      batches.push(operations);
      return kept.batch(operations, how);
    },
  };
  await writeToLog(store, options);
  return writeBatches(options, batches);
}

/** The least that is worth anything: a row that holds the update, under the shortest key that tells it from others. */
function writeRowsAlone(options: TaskOptions): Promise<Amounts> {
  const each = Math.ceil(options.updates / options.writers);
  const batches = typedUpdates(each).map((value, i) =>
    Array.from({ length: options.writers }, (_, writer): StoreOperation => ({
      type: 'put',
      key: `${writer}/${i}`,
      value,
    })),
  );
  return writeBatches(options, batches);
}

async function writeBatches(
  { directory, updates, writers }: TaskOptions,
  batches: readonly (readonly StoreOperation[])[],
): Promise<Amounts> {
  const database = new Level<string, Uint8Array>(join(directory, 'store'), {
    keyEncoding: 'utf8',
    valueEncoding: 'view',
    writeBufferSize: 16 * 1024 * 1024,
  });
  await database.open();
  const time = await spent(async () => {
    for (const operations of batches) {
      const batch = database.batch();
      for (const { key, ...operation } of operations)
        if (operation.type === 'put') batch.put(key, operation.value);
      await batch.write({ sync: true } as Parameters<typeof batch.write>[0]);
    }
  });
  await database.close();
  return eachOf(time, Math.ceil(updates / writers) * writers);
}

interface YLevel {
  LeveldbPersistence: new (directory: string) => {
    storeUpdate(document: string, update: Uint8Array): Promise<unknown>;
    destroy(): Promise<void>;
  };
}

async function writeToYLevel({ directory, updates, writers }: TaskOptions): Promise<Amounts> {
  const { LeveldbPersistence } = await importPeer<YLevel>('y-leveldb');
  const persistence = new LeveldbPersistence(join(directory, 'store'));
  const each = typedUpdates(Math.ceil(updates / writers));
  const write = async (writer: number): Promise<void> => {
    for (const update of each) await persistence.storeUpdate(`document-${writer}`, update);
  };
  const time = await spent(() => Promise.all(Array.from({ length: writers }, (_, i) => write(i))));
  await persistence.destroy();
  return eachOf(time, each.length * writers);
}

interface Sqlite {
  readonly default: {
    Database: new (path: string) => {
      exec(sql: string): void;
      prepare(sql: string): { run(values: readonly unknown[]): void; finalize(): void };
      close(): void;
    };
  };
}

/** As many updates as there are writers in each transaction, which is synced (FULL) before the next begins. */
async function writeToSqlite({ directory, updates }: TaskOptions, perTransaction: number): Promise<Amounts> {
  const { Database } = (await importPeer<Sqlite>('node-sqlite3-wasm')).default;
  const database = new Database(join(directory, 'store.db'));
  database.exec('pragma synchronous = full; create table updates (document text, clock integer, value blob)');
  database.exec('create unique index place on updates (document, clock)');
  const insert = database.prepare('insert into updates values (?, ?, ?)');
  const each = typedUpdates(Math.ceil(updates / perTransaction));
  const time = await spent(() => {
    for (const [clock, update] of each.entries()) {
      database.exec('begin');
      for (let writer = 0; writer < perTransaction; writer++)
        insert.run([`document-${writer}`, clock, update]);
      database.exec('commit');
    }
    return Promise.resolve();
  });
  insert.finalize();
  database.close();
  return eachOf(time, each.length * perTransaction);
}

/** Time that passed, and time on processors by all threads, which a busy machine changes less. */
interface Spent {
  readonly milliseconds: number;
  readonly processorMicroseconds: number;
}

async function spent(work: () => Promise<unknown>): Promise<Spent> {
  const before = process.cpuUsage();
  const milliseconds = await timed(work);
  const { user, system } = process.cpuUsage(before);
  return { milliseconds, processorMicroseconds: user + system };
}

const eachOf = ({ milliseconds, processorMicroseconds }: Spent, updates: number): Amounts => ({
  microsecondsEach: (milliseconds * 1000) / updates,
  processorEach: processorMicroseconds / updates,
});
