/**
 * Reads the own log in its order. A place of it that is lost is never passed over: what stood there would count as
 * synced, although the peer may lack it. Of a place that is gone the state follows that stands for it.
 */
import type { DocumentId } from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import type { FolderLog, StoredRecord } from '../log/index.ts';
import { sameGroup } from './outgoing-put.ts';
import type { Walk } from './walk.ts';

export interface ReadRequest {
  readonly walk: Walk;
  /** Whether a record of this document at this place may have to be sent: asked before the record is read. */
  readonly concerns: (document: DocumentId, seq: number) => boolean;
  readonly after: number;
  readonly records: number;
  readonly bytes: number;
}

export interface OwnRecords {
  readonly records: readonly StoredRecord[];
  /** The place up to which the log was looked at. */
  readonly through: number;
}

/**
 * Records behind a place, within the bounds asked for but that the last group is whole.
 * @throws STORE_CORRUPT
 */
export async function readOwnLog(log: FolderLog, request: ReadRequest): Promise<OwnRecords> {
  const records: StoredRecord[] = [];
  let through = request.after;
  let bytes = 0;
  for await (const { seq, document } of placesOf(log, request.after)) {
    if (request.concerns(document, seq)) {
      const stored = await recordAt(log, document, seq);
      if (stored === undefined) {
        through = seq;
        continue;
      }
      const isFull = records.length >= request.records || bytes >= request.bytes;
      if (isFull && !sameGroup(records.at(-1)?.record, stored.record)) break;
      records.push(stored);
      bytes += stored.bytes.byteLength;
    }
    through = seq;
  }
  return { records, through };
}

/**
 * Which document stands at each place behind `after`, up to the last durable one at least, but for places that are gone.
 * @throws STORE_CORRUPT if a place is missing
 */
export async function* placesOf(
  log: FolderLog,
  after: number,
): AsyncGenerator<{ seq: number; document: DocumentId }> {
  const last = log.position.seq;
  let previous = after;
  for await (const place of log.read.order(after)) {
    if (place.behind > previous) throw lost(log, previous + 1);
    previous = place.seq;
    if (!isStoodFor(log, place)) yield place;
  }
  if (previous < last) throw lost(log, previous + 1);
}

/** A state stands for what was there, at a later place. */
const isStoodFor = (
  log: FolderLog,
  { seq, document }: { readonly seq: number; readonly document: DocumentId },
): boolean => seq < (log.document(document)?.compacted?.floor ?? 0);

/** Nothing if it went meanwhile. @throws STORE_CORRUPT if it is missing or damaged */
export async function recordAt(
  log: FolderLog,
  document: DocumentId,
  seq: number,
): Promise<StoredRecord | undefined> {
  const stored = await log.read.record(document, seq);
  if (stored !== undefined) return stored;
  // That it is gone is known when that is durable, which is a moment later than it is so.
  await log.idle();
  if (!isStoodFor(log, { seq, document })) throw lost(log, seq);
  return undefined;
}

const lost = ({ folder }: FolderLog, seq: number): EvermeshError =>
  new EvermeshError('STORE_CORRUPT', `Record ${seq} of folder ${folder} is lost in the store.`, {
    details: { folder, seq },
  });
