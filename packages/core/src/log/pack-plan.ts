/**
 * Which packs of a document are made anew together with what comes. Each time all of them would be too much work, and never
 * any would leave as many small ones as there were compactions: a pack is merged with what is not much smaller than itself, so
 * a record is packed again only when what it lies in has grown by half at least.
 */
import { type NewPack, PACK_BYTES } from './compact-document.ts';
import { type Compacted, type DocumentIndex, looseBytes, type OpenPack } from './document-index.ts';

export interface PackPlan {
  /** Place of the last record in the packs that stay: all behind it are packed. */
  readonly after: number;
  /** What is in the packs that stay, and which of them are open. */
  readonly records: number;
  readonly bytes: number;
  /** Place of the last record that is gone, or 0. */
  readonly floor: number;
  readonly open: readonly OpenPack[];
}

const FROM_THE_BEGINNING: PackPlan = { after: 0, records: 0, bytes: 0, floor: 0, open: [] };

export function planPacks(index: DocumentIndex): PackPlan {
  const { compacted } = index;
  if (compacted === undefined) return FROM_THE_BEGINNING;
  const open = [...compacted.open];
  let { seq: after, records, bytes } = compacted;
  let merged = 0;
  const loose = looseBytes(index);
  for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
    const isMuchLarger = last.bytes > 2 * (merged + loose);
    if (isMuchLarger || merged + last.bytes >= PACK_BYTES) break;
    open.pop();
    merged += last.bytes;
    after = last.after;
    records -= last.records;
    bytes -= last.bytes;
  }
  return { after, records, bytes, floor: compacted.floor, open };
}

/** What the index entry says when the first packs of these have taken their places. */
export function compactedWith(plan: PackPlan, packs: readonly NewPack[], stateBytes: number): Compacted {
  let { after, records, bytes } = plan;
  let open = [...plan.open];
  for (const pack of packs) {
    // Between larger ones nothing is merged any more.
    if (2 * pack.bytes > PACK_BYTES) open = [];
    else open.push({ after, records: pack.records, bytes: pack.bytes });
    after = pack.seq;
    records += pack.records;
    bytes += pack.bytes;
  }
  return { stateBytes, seq: after, records, bytes, floor: plan.floor, open };
}
