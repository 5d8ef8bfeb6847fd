/** A store that fails, or is slow, where a test says, in the ways in which databases are. */
import type { Clock } from '@evermesh/core/base';
import type { Store, StoreOperation, StoreRange } from '@evermesh/core/log';

/**
 * What becomes of one call.
 * - `refused`: it fails, and nothing was done.
 * - `unheard`: it is done, and fails: the disk took it, and whoever asked does not know. Of a read, as `refused`.
 * - `torn`: the first half of a batch is written, and it fails: what no store may do. Of a read, as `refused`.
 * - a delay: it is done, later. What is asked for meanwhile overtakes it, as the contract of stores allows: a batch is done, and seen,
 *   when its time has come; a read has its answer at once, and brings it then.
 */
export type Fault = 'refused' | 'unheard' | 'torn' | Delay;

export interface Delay {
  readonly clock: Pick<Clock, 'after'>;
  readonly milliseconds: number;
}

export interface FaultyStore extends Store {
  /** Gets, batches and walks so far. */
  readonly calls: number;
  /** Aborts when the call with the fault comes: whoever waits for what this store makes possible need not. */
  readonly failure: AbortSignal;
}

/**
 * @param at which call has the fault: 1 is the first. After one that failed all of them do, as on a disk that went away; `store`
 *   itself does not, and shows what was left behind. After a delay all is well
 */
export function faulty(store: Store, at: number, fault: Fault): FaultyStore {
  const failure = new AbortController();
  let calls = 0;
  const isFailing = typeof fault === 'string';
  const isDue = (): boolean => {
    calls += 1;
    if (calls > at && isFailing) throw gone();
    if (calls === at && isFailing) failure.abort(gone());
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
      if (!isDue()) return store.get(key);
      if (typeof fault === 'string') throw gone();
      const answer = store.get(key);
      await passed(fault);
      return answer;
    },
    batch: async (operations, options) => {
      if (!isDue()) return store.batch(operations, options);
      if (typeof fault !== 'string') {
        await passed(fault);
        return store.batch(operations, options);
      }
      const done = doneOf(operations, fault);
      if (done.length > 0) await store.batch(done, options);
      throw gone();
    },
    iterator: (range) => {
      if (isFailing) return failingRows(store, range, isDue);
      return isDue() ? lateRows(store.iterator(range), fault) : store.iterator(range);
    },
  };
}

async function* failingRows(
  store: Store,
  range: StoreRange,
  isDue: () => boolean,
): AsyncGenerator<[string, Uint8Array]> {
  if (isDue()) throw gone();
  yield* store.iterator(range);
}

async function* lateRows(
  rows: AsyncIterable<[string, Uint8Array]>,
  delay: Delay,
): AsyncGenerator<[string, Uint8Array]> {
  await passed(delay);
  yield* rows;
}

const passed = ({ clock, milliseconds }: Delay): Promise<void> =>
  new Promise((resolve) => {
    clock.after(milliseconds, resolve);
  });

function doneOf(operations: StoreOperation[], fault: Exclude<Fault, Delay>): StoreOperation[] {
  if (fault === 'refused') return [];
  return fault === 'unheard' ? operations : operations.slice(0, Math.ceil(operations.length / 2));
}

const gone = (): Error => Object.assign(new Error('The disk failed, as a test wants it.'), { code: 'EIO' });
