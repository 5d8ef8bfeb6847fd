/** A store in LevelDB: a directory on disk under Node, IndexedDB in a browser. */
import type { Store, StoreOperation, StoreRange } from '@evermesh/core/log';
import { DatabaseFiles } from '#database-files';
import { Level } from 'level';
import { isLocked } from './level-files/is-locked.ts';
import { LevelRows } from './level-rows.ts';

/**
 * Bytes that LevelDB gathers before it writes a sorted file. Four times its default: the rows of a first sync come in no order
 * of keys, so each file that is written overlaps all others, and merging the many small ones cost a fifth of a device's
 * processor time. What is gathered is in memory, and is read again from LevelDB's log when the store is opened next.
 */
const WRITE_BUFFER = 16 * 1024 * 1024;
/** What a row takes in LevelDB's log beside its key and value, at most. */
const ROW_BYTES = 16;

/**
 * The store in `directory`, which is created if it is missing (in a browser: the database of that name). It is opened by
 * whoever uses it; one process at a time can have it open. After a batch that failed, every further one fails as that did until
 * the store has been closed and opened again.
 */
export function levelStore(directory: string): Store {
  const store = new LevelStore(directory);
  // An object as any other, so that one may be made of it that does a thing differently.
  return {
    open: () => store.open(),
    close: () => store.close(),
    get: (key) => store.get(key),
    batch: (operations, options) => store.batch(operations, options),
    iterator: (range) => store.iterator(range),
  };
}

type Batch = ReturnType<Level<string, Uint8Array>['batch']>;

class LevelStore implements Store {
  readonly #directory: string;
  readonly #files: DatabaseFiles;
  #database: Level<string, Uint8Array> | undefined;
  /** Why a batch failed. LevelDB would go on and acknowledge what it cannot find again behind the half of that one in its log. */
  #failure: { readonly error: unknown } | undefined;
  /** The end of the batch given last. One after the other: none is acknowledged behind one that fails. */
  #written: Promise<void> = Promise.resolve();

  constructor(directory: string) {
    this.#directory = directory;
    this.#files = new DatabaseFiles(directory, 2 * WRITE_BUFFER);
  }

  async open(): Promise<void> {
    if (this.#database !== undefined) return;
    try {
      await this.#openDatabase();
    } catch (error) {
      if (!(await this.#files.notOpened(error))) throw error;
      await this.#openDatabase();
    }
  }

  async close(): Promise<void> {
    const database = this.#database;
    this.#database = undefined;
    await this.#written;
    await database?.close();
    // A batch that failed may lie torn in a log.
    if (database !== undefined && this.#failure === undefined) await this.#files.closed();
  }

  /**
   * A row is nearly always in memory, and handing the question to another thread costs several times what answering it does.
   * Where the row is not, this thread waits for the disk once. Browsers have no such call.
   */
  async get(key: string): Promise<Uint8Array | undefined> {
    const database = this.#opened();
    if (!answersAtOnce(database)) return database.get(key);
    try {
      return database.getSync(key);
    } catch (error) {
      throw withCode(error);
    }
  }

  async batch(operations: StoreOperation[], options: { sync: boolean }): Promise<void> {
    // An array of operations would be copied one by one on the way, which costs twice as much.
    const batch = this.#opened().batch();
    let bytes = 0;
    for (const operation of operations) {
      bytes += operation.key.length + ROW_BYTES;
      if (operation.type === 'put') {
        batch.put(operation.key, operation.value);
        bytes += operation.value.byteLength;
      } else {
        batch.del(operation.key);
      }
    }
    const written = this.#written.then(() => this.#write(batch, bytes, options));
    this.#written = written.catch((error: unknown) => {
      this.#failure ??= { error };
    });
    return written;
  }

  iterator(range: StoreRange): AsyncIterable<[string, Uint8Array]> {
    return new LevelRows(this.#opened().iterator(range));
  }

  async #write(batch: Batch, bytes: number, options: { sync: boolean }): Promise<void> {
    try {
      if (this.#failure !== undefined) throw this.#failure.error;
      await this.#files.cover(bytes);
      await batch.write(options);
    } finally {
      await batch.close();
    }
    await this.#files.written();
  }

  async #openDatabase(): Promise<void> {
    const exists = await this.#files.check(() => isLocked(this.#directory));
    // Made only now: a database begins to open by itself as soon as it exists, whatever the check finds.
    const database = new Level<string, Uint8Array>(this.#directory, {
      keyEncoding: 'utf8',
      valueEncoding: 'view',
      writeBufferSize: WRITE_BUFFER,
      // Where there is a database, one that LevelDB does not see is not to be replaced by a new one.
      createIfMissing: !exists,
    });
    await database.open();
    try {
      await this.#files.opened();
    } catch (error) {
      await database.close();
      throw error;
    }
    this.#database = database;
    this.#failure = undefined;
  }

  #opened(): Level<string, Uint8Array> {
    if (this.#database !== undefined) return this.#database;
    throw Object.assign(new Error('The database is not open'), { code: 'LEVEL_DATABASE_NOT_OPEN' });
  }
}

/** A failed read gets the code that it has when another thread does it: LevelDB's binding leaves it out where it answers at once. */
function withCode(error: unknown): unknown {
  const { code, message } = error as { code?: string; message?: string };
  const isOfDisk = code === undefined && message?.startsWith('IO error') === true;
  return isOfDisk ? Object.assign(error as Error, { code: 'LEVEL_IO_ERROR' }) : error;
}

/** The declared type of `supports` does not know what the value says. */
const answersAtOnce = ({ supports }: Level<string, Uint8Array>): boolean =>
  (supports as { readonly getSync?: boolean }).getSync === true;
