/** How devices and relays of these worlds compact: documents are small there, and would hardly ever be worth it. */
import { type Clock, silentLogger } from '@evermesh/core/base';
import {
  type CompactionJob,
  type CompactionPolicy,
  type CompactionRunner,
  type CompactorOptions,
  inlineCompaction,
  looseRecords,
} from '@evermesh/core/log';
import { documentCodec } from '@evermesh/core/model';

const OFTEN: CompactionPolicy = {
  isDue: (index) => looseRecords(index) >= 8,
  isOverdue: (index) => looseRecords(index) >= 24,
  isWorthTrimming: () => true,
};

/**
 * For a program on whose machine this clock is.
 * @param compacted told whenever a document has been folded; its rows follow
 */
export function compactedOften(clock: Clock, compacted: (job: CompactionJob) => void): CompactorOptions {
  const inline = inlineCompaction(documentCodec, clock);
  const counted: CompactionRunner = {
    ...inline,
    async run(job, signal) {
      const result = await inline.run(job, signal);
      if (result.type === 'compacted') compacted(job);
      return result;
    },
  };
  return { runner: counted, policy: OFTEN, clock, logger: silentLogger };
}
