/**
 * A snapshot: the record that stands for others. Its body is a document's state, what all records up to the heads that it covers
 * come to. Nobody is its author, and it has no number: whoever has those records can make it, so it is told from another by what it
 * covers and by its body.
 */
import {
  type AuthorId,
  authorFromBytes,
  type BlobName,
  type DocumentId,
  type FolderId,
} from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import { covers, type Heads, keptHeads, raiseHead } from './heads.ts';
import { OneHead } from './one-head.ts';
import { type LogRecord, makeRecord, type RecordHeader } from './record.ts';

/** 24 zeros: no device has such an id. */
export const NOBODY: AuthorId = authorFromBytes(new Uint8Array(24));

export interface NewSnapshot {
  readonly folder: FolderId;
  readonly document: DocumentId;
  /** Not empty. */
  readonly covers: Heads;
  /** All that the records name which it stands for; at most `LIMITS.recordBlobs`. */
  readonly blobs: readonly BlobName[];
  /** As a `BodyCodec` made it. */
  readonly body: Uint8Array;
}

export const makeSnapshot = (snapshot: NewSnapshot): LogRecord =>
  makeRecord({ ...snapshot, kind: 'snapshot', author: NOBODY, counter: 1, prev: 0, time: 0 });

export const isSnapshot = ({ header }: Pick<LogRecord, 'header'>): boolean => header.kind === 'snapshot';

/**
 * That a record from a peer is an update, or a snapshot as `makeSnapshot` makes it: an update that says to cover something could
 * stand for what its author never saw.
 * @throws RECORD_MALFORMED
 */
export function checkKind(header: RecordHeader): void {
  const isSound =
    header.kind === 'update'
      ? header.covers.size === 0
      : header.covers.size > 0 &&
        header.author === NOBODY &&
        header.counter === 1 &&
        header.time === 0 &&
        header.clocks.length === 0 &&
        header.generation === 0 &&
        header.keyId === 0 &&
        header.group === undefined;
  if (!isSound)
    throw new EvermeshError('RECORD_MALFORMED', 'A record stands for others in a way that none does.');
}

/** The heads of whoever has this record, beside those that he had before. */
export function raiseBy(
  heads: Map<AuthorId, number>,
  { kind, author, counter, covers: covered }: Pick<RecordHeader, 'kind' | 'author' | 'counter' | 'covers'>,
): void {
  if (kind === 'update') raiseHead(heads, author, counter);
  for (const [writer, last] of covered) raiseHead(heads, writer, last);
}

/** As `raiseBy`, of heads that stay as they are. What is returned takes as little memory as it can: it is kept of each document. */
export function raisedBy(
  heads: Heads,
  record: Pick<RecordHeader, 'kind' | 'author' | 'counter' | 'covers'>,
): Heads {
  const { author, counter } = record;
  const isOfOne = heads.size === 0 || (heads.size === 1 && heads.has(author));
  // What nearly every record is: no map is made on the way.
  if (isOfOne && record.kind === 'update' && record.covers.size === 0)
    return new OneHead(author, Math.max(counter, heads.get(author) ?? 0));
  const raised = new Map(heads);
  raiseBy(raised, record);
  return keptHeads(raised);
}

/** Whether whoever has these heads lacks nothing of this record. */
export const isHeld = (heads: Heads, { kind, author, counter, covers: covered }: RecordHeader): boolean =>
  kind === 'snapshot' ? covers(heads, covered) : counter <= (heads.get(author) ?? 0);
