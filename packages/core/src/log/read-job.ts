/** Reads what is to be compacted of a document. */
import { JobRows } from './compact-document.ts';
import type { DocumentIndex } from './document-index.ts';
import type { FolderLog } from './folder-log.ts';
import { isPackKey, seqOfKey } from './keys.ts';

/** Bytes of the loose records that one compaction takes, 8 MiB: they are in memory together. The next takes the rest. */
const JOB_BYTES = 8_388_608;

export interface ReadRow {
  readonly key: string;
  readonly seq: number;
}

/**
 * Rows behind a place, as a job takes them, and which these are.
 * @param options.bounded whether there is a next time for what does not fit
 */
export async function readJob(
  log: FolderLog,
  { document, compacted }: DocumentIndex,
  {
    after,
    bounded,
    signal,
  }: { readonly after: number; readonly bounded: boolean; readonly signal: AbortSignal },
): Promise<{ rows: Uint8Array; read: readonly ReadRow[] }> {
  const rows = new JobRows();
  const read: ReadRow[] = [];
  let bytes = 0;
  for await (const [key, row] of log.read.rows(document, after)) {
    signal.throwIfAborted();
    const isPack = isPackKey(key);
    const seq = seqOfKey(key);
    read.push({ key, seq });
    // A store that tore a batch left it, and what it is packed in stands behind it.
    if (!isPack && seq <= (compacted?.seq ?? 0)) continue;
    rows.add(seq, isPack, row);
    if (!isPack) bytes += row.byteLength;
    if (bounded && bytes >= JOB_BYTES) break;
  }
  return { rows: rows.finish(), read };
}
