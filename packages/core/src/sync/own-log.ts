/** Reads what an outbox asks for of the own log. */
import type { FolderLog, StoredRecord } from '../log/index.ts';
import { Outbox, type ReadRequest, sameGroup } from './outbox.ts';

export interface OwnRecords {
  readonly records: readonly StoredRecord[];
  /** The place up to which the log was looked at. */
  readonly through: number;
}

/** Records behind a place, within the bounds asked for but that the last group is whole. */
export async function readOwnLog(log: FolderLog, request: ReadRequest): Promise<OwnRecords> {
  const records: StoredRecord[] = [];
  let through = request.after;
  let bytes = 0;
  for await (const { seq, document } of log.read.order(request.after)) {
    if (Outbox.concerns(request.walk, document, seq)) {
      const stored = await log.read.record(document, seq);
      if (stored !== undefined) {
        const isFull = records.length >= request.records || bytes >= request.bytes;
        if (isFull && !sameGroup(records.at(-1)?.record, stored.record)) break;
        records.push(stored);
        bytes += stored.bytes.byteLength;
      }
    }
    through = seq;
  }
  return { records, through };
}
