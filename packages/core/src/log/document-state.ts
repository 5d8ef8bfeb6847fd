/**
 * The row of a document's state: what all records up to a place come to, so that opening the document reads this and what
 * stands behind it. It follows from the records, which are kept in packs: one that is damaged can be made anew.
 *
 * Bytes, checked by their digest: the place; how many records it stands for; their heads; the blobs that they name, each once; the state as
 * a `BodyCodec` made it, which says of itself how it is encoded.
 */
import { type BlobName, type FolderId, type DocumentId, toHex } from '../base/index.ts';
import {
  type Heads,
  LIMITS,
  type LogRecord,
  makeSnapshot,
  type Reader,
  readHeads,
  Writer,
  writeHeads,
} from '../protocol/index.ts';
import { checkedContent, checkedRow } from './checked-row.ts';

export interface DocumentState {
  /** The place of the last record that it stands for: for that one, and for all of the document before it. */
  readonly seq: number;
  readonly records: number;
  readonly covers: Heads;
  /** Where there are more than one record can name, these are some of them, and no snapshot is made of the state. */
  readonly blobs: readonly BlobName[];
  readonly body: Uint8Array;
}

/** Blobs that a row names at most. */
export const MOST_STATE_BLOBS: number = LIMITS.recordBlobs + 1;

export function encodeState({ seq, records, covers, blobs, body }: DocumentState): Uint8Array {
  const writer = new Writer().uint(seq).uint(records);
  writeHeads(writer, covers);
  writer.uint(blobs.length);
  for (const name of blobs) writer.hex(name);
  return checkedRow(writer.raw(body).finish());
}

/** @throws MESSAGE_MALFORMED */
export function readState(row: Reader): DocumentState {
  const content = checkedContent(row);
  return {
    seq: content.uint(),
    records: content.uint(),
    covers: readHeads(content),
    blobs: Array.from(
      { length: content.count(MOST_STATE_BLOBS, 'blobs') },
      () => toHex(content.raw(32)) as BlobName,
    ),
    body: content.raw(content.left),
  };
}

/** The state as the record that it is where the records are gone for which it stands. */
export const standInOf = (
  { covers, blobs, body }: DocumentState,
  of: { readonly folder: FolderId; readonly document: DocumentId },
): LogRecord => makeSnapshot({ ...of, covers, blobs, body });

/** The state as a record for peers; nothing if it is too large to be one. */
export function snapshotOf(
  state: DocumentState,
  folder: FolderId,
  document: DocumentId,
): LogRecord | undefined {
  return fitsSnapshot(state) ? standInOf(state, { folder, document }) : undefined;
}

export const fitsSnapshot = ({ blobs, body }: Pick<DocumentState, 'blobs' | 'body'>): boolean =>
  blobs.length <= LIMITS.recordBlobs && body.byteLength <= MOST_SNAPSHOT_BYTES;

/** Bytes of the body, 8 MiB: beside it there is room for every header in what a record may have. */
const MOST_SNAPSHOT_BYTES = 8_388_608;
