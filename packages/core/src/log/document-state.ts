/**
 * The row of a document's state: what all records up to a place come to, so that opening the document reads this and what
 * stands behind it. It follows from the records, which are kept in packs: one that is damaged can be made anew.
 *
 * Bytes, checked by their digest: the place; how many records it stands for; their heads; the state as a `BodyCodec` made it,
 * which says of itself how it is encoded.
 */
import { type Heads, type Reader, readHeads, Writer, writeHeads } from '../protocol/index.ts';
import { checkedContent, checkedRow } from './checked-row.ts';

export interface DocumentState {
  /** The place of the last record that it stands for: for that one, and for all of the document before it. */
  readonly seq: number;
  readonly records: number;
  readonly covers: Heads;
  readonly body: Uint8Array;
}

export function encodeState({ seq, records, covers, body }: DocumentState): Uint8Array {
  const writer = new Writer().uint(seq).uint(records);
  writeHeads(writer, covers);
  return checkedRow(writer.raw(body).finish());
}

/** @throws MESSAGE_MALFORMED */
export function readState(row: Reader): DocumentState {
  const content = checkedContent(row);
  return {
    seq: content.uint(),
    records: content.uint(),
    covers: readHeads(content),
    body: content.raw(content.left),
  };
}
