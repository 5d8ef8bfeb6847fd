/**
 * Counts the bytes of a document's records where its index entry cannot be believed: a store tore the batch in which older ones went, so
 * what the entry counts as records is partly what stands for them, or the other way about.
 */
import type { DocumentIndex } from './document-index.ts';
import type { FolderLog } from './folder-log.ts';
import { isRecordKey, isStandInKey, seqOfKey } from './keys.ts';
import { entriesOf } from './log-reader.ts';
import type { ReadRow } from './read-job.ts';

/** Whether rows are there that the index entry takes for gone, or that it does not know of. */
export const isTorn = ({ compacted }: DocumentIndex, read: readonly ReadRow[]): boolean => {
  const gone = compacted?.floor ?? 0;
  return read.some(({ key, seq }) => (isStandInKey(key) ? seq !== gone : seq <= gone));
};

export interface CountedBytes {
  /** Of all records behind a place that the index entry tells of. */
  readonly all: number;
  /** Of those of them that lie in packs. */
  readonly packed: number;
}

/** Each record counts once. @throws STORE_CORRUPT */
export async function countBytes(
  log: FolderLog,
  { document, lastSeq, compacted }: DocumentIndex,
  floor: number,
): Promise<CountedBytes> {
  const packedTo = compacted?.seq ?? 0;
  let [all, packed, last] = [0, 0, floor];
  for await (const [key, row] of log.read.rows(document, floor)) {
    if (isStandInKey(key) || (isRecordKey(key) && seqOfKey(key) <= packedTo)) continue;
    for (const { seq, bytes } of entriesOf(key, row)) {
      if (seq <= last || seq > lastSeq) continue;
      last = seq;
      all += bytes.byteLength;
      if (seq <= packedTo) packed += bytes.byteLength;
    }
  }
  return { all, packed };
}
