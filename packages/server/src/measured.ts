/** A store, and a runner of compactions, that tell a meter what they did. */
import type { Clock } from '@evermesh/core/base';
import type { CompactionRunner, Store } from '@evermesh/core/log';
import type { RelayMeter } from './relay-meter.ts';

/** Nothing is acknowledged before its batch is synced, so how long that takes is how long writers wait for the disk. */
export function measuredStore(store: Store, meter: RelayMeter, clock: Clock): Store {
  return {
    open: () => store.open(),
    close: () => store.close(),
    get: (key) => store.get(key),
    iterator: (range) => store.iterator(range),
    async batch(operations, options) {
      const begun = clock.now();
      await store.batch(operations, options);
      if (!options.sync) return;
      const sizes = operations.map((operation) =>
        operation.type === 'put' ? operation.value.byteLength : 0,
      );
      meter.synced(
        sizes.reduce((sum, size) => sum + size, 0),
        Math.max(0, clock.now() - begun),
      );
    },
  };
}

export function measuredCompaction(runner: CompactionRunner, meter: RelayMeter): CompactionRunner {
  return {
    async run(job, signal) {
      const result = await runner.run(job, signal);
      meter.compacted();
      return result;
    },
    close: () => runner.close(),
  };
}
