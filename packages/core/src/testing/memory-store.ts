/** A store in memory, for the tests of core: it keeps what was written when it is closed, as a disk does. */
import type { Store, StoreOperation } from '../log/index.ts';

export interface MemoryStore extends Store {
  readonly rows: Map<string, Uint8Array>;
  /** Batches written so far. */
  readonly batches: number;
}

export function memoryStore(rows: Map<string, Uint8Array> = new Map()): MemoryStore {
  let batches = 0;
  const apply = (operation: StoreOperation): void => {
    if (operation.type === 'put') rows.set(operation.key, operation.value.slice());
    else rows.delete(operation.key);
  };
  return {
    rows,
    get batches() {
      return batches;
    },
    open: () => Promise.resolve(),
    close: () => Promise.resolve(),
    get: (key) => Promise.resolve(rows.get(key)),
    batch: async (operations) => {
      await Promise.resolve();
      batches += 1;
      for (const operation of operations) apply(operation);
    },
    async *iterator({ gte, lt, limit }) {
      const keys = [...rows.keys()].filter((key) => key >= gte && key < lt).sort();
      const found = keys
        .slice(0, limit)
        .map((key) => [key, rows.get(key) as Uint8Array] as [string, Uint8Array]);
      yield* found;
    },
  };
}
