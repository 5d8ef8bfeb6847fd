/** The product's seam to a database: what one program asks of it, each thing by a call. */
import type { Store, StoreOperation, StoreRange } from '@evermesh/core';
import { failure, type SimDatabase } from './sim-database.ts';
import type { SimDisk } from './sim-disk.ts';
import type { SimProcess } from './sim-process.ts';

/** The database of a disk as one program uses it. */
export function simStore(disk: SimDisk, process: SimProcess): Store {
  const { database } = disk;
  const opened = (): SimDatabase => {
    if (database.openIn === process) return database;
    throw failure('LEVEL_DATABASE_NOT_OPEN', 'Database is not open');
  };
  return {
    open: () =>
      process.call('opens the store', '', () => {
        if (database.openIn !== undefined && database.openIn !== process && database.openIn.isAlive)
          throw failure('LEVEL_LOCKED', 'Database is locked');
        database.openIn = process;
      }),
    close: () =>
      process.call('closes the store', '', () => {
        if (database.openIn === process) database.openIn = undefined;
      }),
    get: (key) => process.call('gets', key, () => opened().get(key)),
    batch: (operations, { sync }) =>
      process.call(
        sync ? 'writes' : 'writes unsynced',
        () => describe(operations),
        () => {
          opened();
          disk.write(operations, sync);
        },
      ),
    iterator: (range) => new Rows(opened(), range, process),
  };
}

/** Rows that are read together. */
const PAGE = 64;

/** Not a generator, which would make three promises of each row. */
class Rows implements AsyncIterableIterator<[string, Uint8Array]> {
  readonly #database: SimDatabase;
  readonly #range: StoreRange;
  readonly #process: SimProcess;
  /** As they were when the first one was asked for. */
  #rows: [string, Uint8Array][] | undefined;
  #read = 0;
  #given = 0;

  constructor(database: SimDatabase, range: StoreRange, process: SimProcess) {
    this.#database = database;
    this.#range = range;
    this.#process = process;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async next(): Promise<IteratorResult<[string, Uint8Array], undefined>> {
    const rows = (this.#rows ??= this.#database.range(this.#range));
    const isPageLeft = this.#read === 0 || this.#read < rows.length;
    if (this.#given === this.#read && isPageLeft) {
      await this.#process.call('reads from', this.#range.gte, () => undefined);
      this.#read += PAGE;
    }
    const value = rows[this.#given++];
    return value === undefined ? { done: true, value } : { done: false, value };
  }
}

const describe = (operations: readonly StoreOperation[]): string =>
  `${operations.length}: ${operations
    .slice(0, 3)
    .map(({ key }) => key)
    .join(' ')}`;
