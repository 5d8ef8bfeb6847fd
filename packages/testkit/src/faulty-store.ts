/** A store that fails where a test says, in the ways in which databases fail. */
import type { Store, StoreOperation } from '@evermesh/core/log';

/**
 * What becomes of one call.
 * - `refused`: it fails, and nothing was done.
 * - `unheard`: it is done, and fails: the disk took it, and whoever asked does not know. Of a read, as `refused`.
 * - `torn`: the first half of a batch is written, and it fails: what no store may do. Of a read, as `refused`.
 */
export type Fault = 'refused' | 'unheard' | 'torn';

export interface FaultyStore extends Store {
  /** Gets, batches and walks so far. */
  readonly calls: number;
  /** Aborts when the call with the fault comes: whoever waits for what this store makes possible need not. */
  readonly failure: AbortSignal;
}

/**
 * @param at which call fails: 1 is the first. From then on all of them do, as on a disk that went away; `store` itself does not,
 *   and shows what was left behind
 */
export function faulty(store: Store, at: number, fault: Fault): FaultyStore {
  const failure = new AbortController();
  let calls = 0;
  const isDue = (): boolean => {
    calls += 1;
    if (calls > at) throw gone();
    if (calls === at) failure.abort(gone());
    return calls === at;
  };
  return {
    get calls() {
      return calls;
    },
    failure: failure.signal,
    open: () => store.open(),
    close: () => store.close(),
    get: async (key) => {
      if (isDue()) throw gone();
      return store.get(key);
    },
    batch: async (operations, options) => {
      if (!isDue()) return store.batch(operations, options);
      const done = doneOf(operations, fault);
      if (done.length > 0) await store.batch(done, options);
      throw gone();
    },
    async *iterator(range) {
      if (isDue()) throw gone();
      yield* store.iterator(range);
    },
  };
}

function doneOf(operations: StoreOperation[], fault: Fault): StoreOperation[] {
  if (fault === 'refused') return [];
  return fault === 'unheard' ? operations : operations.slice(0, Math.ceil(operations.length / 2));
}

const gone = (): Error => Object.assign(new Error('The disk failed, as a test wants it.'), { code: 'EIO' });
