/** Reads what is to be compacted of a document. */
import { JobRows, PACK_BYTES } from './compact-document.ts';
import type { DocumentIndex } from './document-index.ts';
import type { FolderLog } from './folder-log.ts';
import { isPackKey, isRecordKey, isStandInKey, seqOfKey } from './keys.ts';
import { entriesOf } from './log-reader.ts';

/** Bytes of the records that one compaction takes, 8 MiB: they are in memory together. The next takes the rest. */
const JOB_BYTES = 8_388_608;

export interface ReadRow {
  readonly key: string;
  readonly seq: number;
  readonly bytes: number;
}

/**
 * Rows behind a place, as a job takes them, which these are, and whether there may be more.
 * @param options.bounded whether there is a next time for what does not fit
 * @param options.through nothing is needed in which no record stands up to this place. Default: all is needed
 */
export async function readJob(
  log: FolderLog,
  { document, compacted }: DocumentIndex,
  {
    after,
    bounded,
    through = Number.MAX_SAFE_INTEGER,
    signal,
  }: {
    readonly after: number;
    readonly bounded: boolean;
    readonly through?: number;
    readonly signal: AbortSignal;
  },
): Promise<{ rows: Uint8Array; read: readonly ReadRow[]; isFull: boolean }> {
  const rows = new JobRows();
  const read: ReadRow[] = [];
  let bytes = 0;
  for await (const [key, row] of log.read.rows(document, after)) {
    signal.throwIfAborted();
    const seq = seqOfKey(key);
    if (isRecordKey(key) && seq > through) break;
    read.push({ key, seq, bytes: row.byteLength });
    // A store that tore a batch left it, and what it is packed in stands behind it.
    if (isRecordKey(key) && seq <= (compacted?.seq ?? 0)) continue;
    if (isStandInKey(key)) {
      for (const { standsFor = 0, bytes: snapshot } of entriesOf(key, row))
        rows.addStandIn(seq, standsFor, snapshot);
      continue;
    }
    rows.add(seq, isPackKey(key), row);
    bytes += isPackKey(key) ? PACK_BYTES : row.byteLength;
    if (seq >= through) break;
    if (bounded && bytes >= JOB_BYTES) return { rows: rows.finish(), read, isFull: true };
  }
  return { rows: rows.finish(), read, isFull: false };
}
