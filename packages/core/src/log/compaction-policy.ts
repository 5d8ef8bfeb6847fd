/** When a document is compacted. */
import { type DocumentIndex, looseBytes, looseRecords } from './document-index.ts';

export interface CompactionPolicy {
  /** Whether it is worth it, once nobody writes to the document for a moment. */
  isDue(index: DocumentIndex): boolean;
  /** Whether it cannot wait for that moment. */
  isOverdue(index: DocumentIndex): boolean;
  /**
   * Whether it is worth letting older records go, in bytes of rows that go and that take their place. Default: if they are a third more
   * at least, so that the same state is not written again and again for a few small records.
   */
  readonly isWorthTrimming?: (goes: number, comes: number) => boolean;
}

/** What goes, in what comes. */
const LEAST_GAIN = 4 / 3;

export const isGain = (goes: number, comes: number): boolean => goes >= LEAST_GAIN * comes;

/**
 * Records that are not worth it. Opening a document applies them in about a millisecond, and a document of most people's never
 * has more.
 */
const LEAST_RECORDS = 100;
/**
 * What is loose, in bytes of the state as stored, before the state is written again. A keystroke's record has about 120 bytes, and
 * takes as long to read and apply as 20 to 30 bytes of state: so opening takes at most about twice as long as with nothing loose,
 * and a state is written again only when what it stands for has grown by a share of itself, which makes the work for n records
 * proportional to n.
 */
const LEAST_SHARE = 4;
/** Somebody who writes to a document without a pause makes it this many times as far overdue as it is when due. */
const OVERDUE = 8;

/** The same at a relay, where others fetch both: a device that comes new gets at most about twice the state. */
const LEAST_SHARE_TO_FETCH = 1;

const policyOf = (share: number): CompactionPolicy => {
  const isBehind = (index: DocumentIndex, times: number): boolean =>
    looseRecords(index) >= times * LEAST_RECORDS &&
    looseBytes(index) >= times * share * (index.compacted?.stateBytes ?? 0);
  return { isDue: (index) => isBehind(index, 1), isOverdue: (index) => isBehind(index, OVERDUE) };
};

export const compactionPolicy: CompactionPolicy = policyOf(LEAST_SHARE);
export const relayCompactionPolicy: CompactionPolicy = policyOf(LEAST_SHARE_TO_FETCH);
