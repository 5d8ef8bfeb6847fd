/**
 * Durable key-value bytes: the part of `abstract-level` that Evermesh uses, so any `abstract-level` database with
 * `utf8` keys and `view` values is a store. Only batches are written, always whole and, but for tests that show
 * what happens otherwise, always synced: the promise of every method that says "durable" rests on that.
 */
import { utf8 } from '../base/index.ts';
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

/** Version of everything that is kept in a store. History: 1, the first. */
export const STORE_FORMAT = 1;
const FORMAT_KEY = 'format';

/**
 * Opens a store and checks that this version understands it; a new store is marked as ours.
 * @throws STORE_LOCKED, STORE_CORRUPT, STORE_FAILED, FORMAT_TOO_NEW
 */
export async function openStore(store: Store): Promise<void> {
  try {
    await store.open();
    const format = await store.get(FORMAT_KEY);
    if (format === undefined) {
      await store.batch([{ type: 'put', key: FORMAT_KEY, value: utf8(String(STORE_FORMAT)) }], {
        sync: true,
      });
      return;
    }
    checkFormat(new TextDecoder().decode(format));
  } catch (error) {
    await store.close().catch(() => undefined);
    throw storeError(error);
  }
}

function checkFormat(text: string): void {
  const version = Number(text);
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new EvermeshError(
      'STORE_CORRUPT',
      'The store does not say which format it has; it was not written by Evermesh.',
    );
  }
  if (version > STORE_FORMAT) {
    throw new EvermeshError(
      'FORMAT_TOO_NEW',
      `The store has format ${version}; this version reads up to ${STORE_FORMAT}. Use the newer Evermesh that wrote it.`,
    );
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
  if (codes.includes('LEVEL_CORRUPTION')) {
    return new EvermeshError('STORE_CORRUPT', 'The store is damaged and does not open.', { cause: error });
  }
  if (codes.includes('LEVEL_DATABASE_NOT_OPEN') && codes[1] === undefined) {
    return new EvermeshError('STORE_CLOSED', 'The store is closed.', { cause: error });
  }
  const why = error instanceof Error ? error.message : String(error);
  return new EvermeshError('STORE_FAILED', `The store failed: ${why}`, { cause: error });
}

const codeOf = (error: unknown): string | undefined => (error as { code?: string } | undefined)?.code;
