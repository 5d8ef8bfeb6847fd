/** What a log knows of one document without reading a record: enough for a closed file to cost no load. */
import type { DocumentId } from '../base/index.ts';
import {
  type Heads,
  type LogRecord,
  NO_HEADS,
  raiseHead,
  type Reader,
  readHeads,
  Writer,
  writeHeads,
} from '../protocol/index.ts';

export interface DocumentIndex {
  readonly document: DocumentId;
  /** Place of its last record. */
  readonly lastSeq: number;
  readonly records: number;
  /** Bytes of its records as stored. */
  readonly bytes: number;
  readonly heads: Heads;
}

export const emptyIndex = (document: DocumentId): DocumentIndex => ({
  document,
  lastSeq: 0,
  records: 0,
  bytes: 0,
  heads: NO_HEADS,
});

/** The entry after `record` was stored at `seq`. Entries are never changed in place: readers may hold one. */
export function indexAfter(
  index: DocumentIndex,
  record: LogRecord,
  seq: number,
  bytes: number,
): DocumentIndex {
  const heads = new Map(index.heads);
  raiseHead(heads, record.header.author, record.header.counter);
  for (const [author, counter] of record.header.covers) raiseHead(heads, author, counter);
  return {
    document: index.document,
    lastSeq: seq,
    records: index.records + 1,
    bytes: index.bytes + bytes,
    heads,
  };
}

export function encodeIndex(index: DocumentIndex): Uint8Array {
  const writer = new Writer().uint(index.lastSeq).uint(index.records).uint(index.bytes);
  writeHeads(writer, index.heads);
  return writer.finish();
}

export const readIndex = (document: DocumentId, reader: Reader): DocumentIndex => ({
  document,
  lastSeq: reader.uint(),
  records: reader.uint(),
  bytes: reader.uint(),
  heads: readHeads(reader),
});
