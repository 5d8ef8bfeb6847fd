/**
 * Durable key-value bytes: the part of `abstract-level` that Evermesh uses, so any `abstract-level` database with
 * `utf8` keys and `view` values is a store. Only batches are written, always whole and, but for tests that show
 * what happens otherwise, always synced: the promise of every method that says "durable" rests on that.
 */
import { EvermeshError } from '../errors/index.ts';

export type StoreOperation =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array }
  | { readonly type: 'del'; readonly key: string };

export interface StoreRange {
  readonly gte: string;
  readonly lt: string;
  readonly limit?: number;
}

export interface Store {
  open(): Promise<void>;
  close(): Promise<void>;
  get(key: string): Promise<Uint8Array | undefined>;
  /** Atomic. With `sync` it resolves only when the bytes are safe from a power cut. */
  batch(operations: StoreOperation[], options: { sync: boolean }): Promise<void>;
  /** In ascending order of keys, of the state at the time of the call. */
  iterator(range: StoreRange): AsyncIterable<[string, Uint8Array]>;
}

const named = (error: unknown): never => {
  throw storeError(error);
};

/** Whoever reads a row cannot know which database is behind it: what that throws is named here. */
export function explaining(store: Store): Store {
  return {
    open: () => store.open(),
    close: () => store.close(),
    get: (key) => store.get(key).catch(named),
    batch: (operations, options) => store.batch(operations, options).catch(named),
    iterator: (range) => ({ [Symbol.asyncIterator]: () => new ExplainingRows(store, range) }),
  };
}

/** Not a generator: in between, one would make three promises of each row. */
class ExplainingRows implements AsyncIterator<[string, Uint8Array], undefined> {
  readonly #store: Store;
  readonly #range: StoreRange;
  #rows: AsyncIterator<[string, Uint8Array]> | undefined;

  constructor(store: Store, range: StoreRange) {
    this.#store = store;
    this.#range = range;
  }

  async next(): Promise<IteratorResult<[string, Uint8Array], undefined>> {
    try {
      this.#rows ??= this.#store.iterator(this.#range)[Symbol.asyncIterator]();
      return await this.#rows.next();
    } catch (error) {
      return named(error);
    }
  }

  /** Whoever needs no further rows. */
  async return(): Promise<IteratorReturnResult<undefined>> {
    await this.#rows?.return?.().catch(named);
    return { done: true, value: undefined };
  }
}

/** What a store's failure means to us, with the cause kept. */
export function storeError(error: unknown): EvermeshError {
  if (error instanceof EvermeshError) return error;
  const codes = [codeOf(error), codeOf((error as { cause?: unknown } | undefined)?.cause)];
  if (codes.includes('LEVEL_LOCKED')) {
    return new EvermeshError(
      'STORE_LOCKED',
      'Another process has this store open. Stop it, or ask it instead.',
      { cause: error },
    );
  }
  const why = reasonOf(error);
  if (codes.includes('LEVEL_CORRUPTION') || (codes.includes('LEVEL_IO_ERROR') && LOST_FILE.test(why))) {
    return new EvermeshError('STORE_CORRUPT', `The store is damaged: ${why}`, { cause: error });
  }
  if (codes.includes('LEVEL_DATABASE_NOT_OPEN') && codes[1] === undefined) {
    return new EvermeshError('STORE_CLOSED', 'The store is closed.', { cause: error });
  }
  return new EvermeshError('STORE_FAILED', `The store failed: ${why}`, { cause: error });
}

/** What LevelDB says of a file that it knows of and that is gone, or shorter than it was. */
const LOST_FILE = /: No such file or directory$|\.(ldb|sst): Invalid argument$/;

/** "Database failed to open" alone would tell nobody anything. */
function reasonOf(error: unknown): string {
  const cause = (error as { cause?: unknown } | undefined)?.cause;
  const known = cause instanceof Error ? cause : error;
  return known instanceof Error ? known.message : String(known);
}

const codeOf = (error: unknown): string | undefined => (error as { code?: string } | undefined)?.code;
