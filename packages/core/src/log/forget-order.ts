/** Rows of the log's order go with the records that stood there. */
import { Writer } from '../protocol/index.ts';
import type { Committer } from './committer.ts';
import type { FolderLog } from './folder-log.ts';
import { goneKey } from './keys.ts';
import { orderRows } from './order-places.ts';
import type { Store, StoreOperation } from './store.ts';

/** Rows that are removed in one batch. */
const AT_ONCE = 1000;

interface Forgetting {
  readonly log: FolderLog;
  readonly store: Pick<Store, 'iterator'>;
  readonly committer: Committer;
}

/**
 * All rows in front of a place. Whoever read the log last before that compares documents by heads. The last place stays: so whoever has
 * read all, and nothing was written since, need not.
 */
export async function forgetOrder({ log, store, committer }: Forgetting, floor: number): Promise<void> {
  let rows: StoreOperation[] = [];
  for await (const { key, seq } of orderRows(store, log.folder, 0)) {
    if (seq >= floor) break;
    rows.push({ type: 'del', key });
    if (rows.length < AT_ONCE) continue;
    await committer.commit(rows);
    rows = [];
  }
  if (rows.length > 0) await committer.commit(rows);
}

/**
 * Rows of places for which states stand, up to a place. Who gives others the log in its order must know that nothing of it is lost: so
 * one row says of all places that follow each other that they are gone. It is put in front of their removal.
 */
export async function forgetGone({ log, store, committer }: Forgetting, floor: number): Promise<void> {
  let run: Run | undefined;
  for await (const { key, seq, from, document } of orderRows(store, log.folder, 0)) {
    if (seq > floor) break;
    const isGone = document === undefined || seq < (log.document(document)?.compacted?.floor ?? 0);
    // A place that follows no other is behind a hole: only what is known to be gone is called so.
    if (run !== undefined && (!isGone || from > run.to + 1)) {
      await committer.commit(rowsOf(log, run));
      run = undefined;
    }
    if (!isGone) continue;
    run = { from: Math.min(from, run?.from ?? from), to: seq, keys: [...(run?.keys ?? []), key] };
    if (run.keys.length < AT_ONCE) continue;
    await committer.commit(rowsOf(log, run));
    run = { ...run, keys: [goneKey(log.folder, run.to)] };
  }
  if (run !== undefined) await committer.commit(rowsOf(log, run));
}

interface Run {
  readonly from: number;
  readonly to: number;
  readonly keys: readonly string[];
}

function rowsOf({ folder }: FolderLog, { from, to, keys }: Run): StoreOperation[] {
  const put = goneKey(folder, to);
  if (keys.length === 1 && keys[0] === put) return [];
  const removed = keys.filter((key) => key !== put).map((key) => ({ type: 'del' as const, key }));
  return [{ type: 'put', key: put, value: new Writer().uint(from).finish() }, ...removed];
}
