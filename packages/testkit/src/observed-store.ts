/** A store that counts and times what is asked of it, for tests of what something costs, and for metrics. */
import { type Clock, utf8 } from '@evermesh/core/base';
import type { Store } from '@evermesh/core/log';

export interface Observed {
  calls: number;
  failures: number;
  /** Of values read, or of keys and values written. */
  bytes: number;
  /** From the call to its end, of all calls together, by the clock that was given. */
  milliseconds: number;
  /** Of the slowest call. */
  slowest: number;
}

export interface StoreObservations {
  readonly get: Readonly<Observed>;
  /** Its bytes are those of the operations that it holds. */
  readonly batch: Readonly<Observed>;
  /** A walk lasts until it is left. */
  readonly walk: Readonly<Observed>;
}

export interface ObservedStore extends Store {
  readonly observations: StoreObservations;
}

export function observed(store: Store, clock: Pick<Clock, 'now'>): ObservedStore {
  const [get, batch, walk] = [nothingYet(), nothingYet(), nothingYet()];
  const begin = (seen: Observed): ((isWell: boolean, bytes: number) => void) => {
    const began = clock.now();
    return (isWell, bytes) => {
      // A clock that is set back meanwhile takes nothing away.
      const milliseconds = Math.max(0, clock.now() - began);
      seen.calls += 1;
      seen.failures += isWell ? 0 : 1;
      seen.bytes += bytes;
      seen.milliseconds += milliseconds;
      seen.slowest = Math.max(seen.slowest, milliseconds);
    };
  };
  const watch = async <T>(seen: Observed, call: Promise<T>, bytesOf: (result: T) => number): Promise<T> => {
    const end = begin(seen);
    try {
      const result = await call;
      end(true, bytesOf(result));
      return result;
    } catch (error) {
      end(false, 0);
      throw error;
    }
  };
  return {
    observations: { get, batch, walk },
    open: () => store.open(),
    close: () => store.close(),
    get: (key) => watch(get, store.get(key), (value) => value?.byteLength ?? 0),
    batch: (operations, options) => {
      let bytes = 0;
      for (const one of operations)
        bytes += utf8(one.key).byteLength + (one.type === 'put' ? one.value.byteLength : 0);
      return watch(batch, store.batch(operations, options), () => bytes);
    },
    async *iterator(range) {
      const end = begin(walk);
      let bytes = 0;
      let isWell = true;
      try {
        for await (const row of store.iterator(range)) {
          bytes += row[1].byteLength;
          yield row;
        }
      } catch (error) {
        isWell = false;
        throw error;
      } finally {
        end(isWell, bytes);
      }
    },
  };
}

const nothingYet = (): Observed => ({ calls: 0, failures: 0, bytes: 0, milliseconds: 0, slowest: 0 });
