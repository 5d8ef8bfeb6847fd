/** What a log knows of one document without reading a record: enough for a closed file to cost no load. */
import type { DocumentId } from '../base/index.ts';
import {
  type Heads,
  keptHeads,
  malformed,
  NO_HEADS,
  raisedBy,
  type Reader,
  readHeads,
  type RecordHeader,
  Writer,
  writeHeads,
} from '../protocol/index.ts';
import { isRecordKey, isStandInKey, seqOfKey } from './keys.ts';

export interface DocumentIndex {
  readonly document: DocumentId;
  /** Place of its last record. */
  readonly lastSeq: number;
  /** Those that are gone included: this is how many places it has in the log. */
  readonly records: number;
  /** Bytes of its records as stored, of those that are gone what stands for them. */
  readonly bytes: number;
  readonly heads: Heads;
  readonly compacted: Compacted | undefined;
}

/** What of a document is compacted. */
export interface Compacted {
  /** Bytes of the row of its state. */
  readonly stateBytes: number;
  /** Place of the last record that lies in a pack. All before it do. */
  readonly seq: number;
  /** How many these are, those that are gone included, and their bytes before they were packed. */
  readonly records: number;
  readonly bytes: number;
  /** Place of the last record that is gone, and for which a state stands; 0 if none is. */
  readonly floor: number;
  /** The last packs, as far as they are small enough to be merged with what comes; the larger ones first. */
  readonly open: readonly OpenPack[];
}

export interface OpenPack {
  /** Place of the last record in the pack before it, or 0. */
  readonly after: number;
  readonly records: number;
  /** Of its records, before they were packed. */
  readonly bytes: number;
}

/** Many more than there can be: each is at most half as large as the one before. */
const MOST_OPEN = 64;

export const emptyIndex = (document: DocumentId): DocumentIndex => ({
  document,
  lastSeq: 0,
  records: 0,
  bytes: 0,
  heads: NO_HEADS,
  compacted: undefined,
});

/** The entry after `record` was stored at `seq`. Entries are never changed in place: readers may hold one. */
export function indexAfter(
  index: DocumentIndex,
  record: Pick<RecordHeader, 'kind' | 'author' | 'counter' | 'covers'>,
  seq: number,
  bytes: number,
): DocumentIndex {
  const { document, compacted } = index;
  return {
    document,
    compacted,
    lastSeq: seq,
    records: index.records + 1,
    bytes: index.bytes + bytes,
    heads: raisedBy(index.heads, record),
  };
}

/** Records that no pack holds: opening the document reads each of them. */
export const looseRecords = ({ records, compacted }: DocumentIndex): number =>
  records - (compacted?.records ?? 0);

export const looseBytes = ({ bytes, compacted }: DocumentIndex): number => bytes - (compacted?.bytes ?? 0);

/** Whether a row of a document is one of those for which others stand: a store that tore a batch left it. */
export function isLeftOver({ compacted }: DocumentIndex, key: string): boolean {
  if (compacted === undefined) return false;
  const seq = seqOfKey(key);
  if (isRecordKey(key)) return seq <= compacted.seq;
  return isStandInKey(key) ? seq < compacted.floor : seq <= compacted.floor;
}

export function encodeIndex(index: DocumentIndex): Uint8Array {
  const { compacted } = index;
  const writer = new Writer().uint(index.lastSeq).uint(index.records).uint(index.bytes);
  writeHeads(writer, index.heads);
  if (compacted === undefined) return writer.byte(NOT_COMPACTED).finish();
  const { stateBytes, seq, records, bytes, floor, open } = compacted;
  writer.byte(floor === 0 ? COMPACTED : TRIMMED);
  if (floor > 0) writer.uint(floor);
  writer.uint(stateBytes).uint(seq).uint(records).uint(bytes).uint(open.length);
  for (const pack of open) writer.uint(pack.after).uint(pack.records).uint(pack.bytes);
  return writer.finish();
}

const NOT_COMPACTED = 0;
const COMPACTED = 1;
/** As well, and records are gone. */
const TRIMMED = 2;

export const readIndex = (document: DocumentId, reader: Reader): DocumentIndex => ({
  document,
  lastSeq: reader.uint(),
  records: reader.uint(),
  bytes: reader.uint(),
  heads: keptHeads(readHeads(reader)),
  compacted: readCompacted(reader),
});

function readCompacted(reader: Reader): Compacted | undefined {
  const is = reader.byte();
  if (is === NOT_COMPACTED) return undefined;
  if (is !== COMPACTED && is !== TRIMMED)
    throw malformed('a document is compacted in a way that is not known');
  const counts = {
    floor: is === TRIMMED ? reader.uint() : 0,
    stateBytes: reader.uint(),
    seq: reader.uint(),
    records: reader.uint(),
    bytes: reader.uint(),
  };
  const open: OpenPack[] = [];
  for (let left = reader.count(MOST_OPEN, 'packs'); left > 0; left--)
    open.push({ after: reader.uint(), records: reader.uint(), bytes: reader.uint() });
  return { ...counts, open };
}
