/** How devices and relays of these worlds compact: documents are small there, and would hardly ever be worth it. */
import { type Clock, silentLogger } from '@evermesh/core/base';
import {
  type CompactionPolicy,
  type CompactorOptions,
  inlineCompaction,
  looseRecords,
} from '@evermesh/core/log';
import { documentCodec } from '@evermesh/core/model';

export const OFTEN: CompactionPolicy = {
  isDue: (index) => looseRecords(index) >= 8,
  isOverdue: (index) => looseRecords(index) >= 24,
};

/** For a relay, on whose machine this clock is. */
export const compactedOften = (clock: Clock): CompactorOptions => ({
  runner: inlineCompaction(documentCodec, clock),
  policy: OFTEN,
  clock,
  logger: silentLogger,
});
