/**
 * Compacts one document: folds records into its state, and packs them. Bytes in, bytes out: it knows neither a store nor a
 * clock, so it runs wherever there is time for it, step by step.
 */
import type { AuthorId } from '../base/index.ts';
import { isEvermeshError } from '../errors/index.ts';
import {
  decodeDigested,
  decodeRecord,
  type Heads,
  type LogRecord,
  malformed,
  NO_HEADS,
  raiseBy,
  type RecordHeader,
  Reader,
  Writer,
} from '../protocol/index.ts';
import type { BodyCodec } from './body-codec.ts';
import {
  type DocumentState,
  encodeState,
  fitsSnapshot,
  MOST_STATE_BLOBS,
  readState,
} from './document-state.ts';
import { type HistoryJob, type HistoryPiece, thinHistory, type ThinnedHistory } from './kept-history.ts';
import {
  encodePack,
  type PackedRecord,
  packedRecord,
  readPack,
  unpackedLength,
  unpackedRecord,
} from './pack.ts';

/** What has to be done; arrays of bytes that nobody else needs, so that they can be given away to another thread. */
export interface CompactionJob {
  /** The row of the state so far; `undefined` to begin with nothing: the rows are all of the document then. */
  readonly state: Uint8Array | undefined;
  /** The rows begin behind this place: a state that does not come as far would pass over what lies between. Default: 0. */
  readonly after?: number | undefined;
  /** Whether the records are packed, too: a state that was lost is made anew from packs that stay as they are. */
  readonly packs: boolean;
  /** Records up to this place are to go: the new state stands for them alone, and those behind it are packed only. Default: none. */
  readonly floor?: number | undefined;
  /** What is kept of the history of the records that go. Default: nothing. */
  readonly history?: HistoryJob | undefined;
  /** Rows that follow each other in the log's order, as `JobRows` writes them. */
  readonly rows: Uint8Array;
}

export interface NewPack {
  /** Place of its last record. */
  readonly seq: number;
  readonly records: number;
  /** Of its records, before they were packed. */
  readonly bytes: number;
  readonly row: Uint8Array;
}

export type CompactionResult =
  | {
      readonly type: 'compacted';
      /** The row of the new state. */
      readonly state: Uint8Array;
      /** Place of the last record that it stands for, how many it stands for, and bytes of those of them that the job's rows held. */
      readonly seq: number;
      readonly records: number;
      readonly bytes: number;
      /** All records in the job's rows, those that were in packs included. */
      readonly packs: readonly NewPack[];
      /** What is kept of the history, if that was asked for. */
      readonly history?: ThinnedHistory | undefined;
    }
  /** The row of the state is not what was written. */
  | { readonly type: 'state damaged' }
  /** Nothing is wrong with the document, but it cannot be compacted as it is. */
  | { readonly type: 'unfit'; readonly why: string };

/**
 * Bytes of the records that a pack is filled with, 64 KiB. Reading one record unpacks all of them, and packing removes their rows in
 * one batch, 600 at most: neither should hold a thread up for more than a few milliseconds. What is more than 32 KiB away does
 * not help DEFLATE.
 */
export const PACK_BYTES = 65_536;
/** Work between two steps: a millisecond or two. */
const STEP = { records: 64, bytes: 16_384 };

const RECORD = 0;
const PACK = 1;
const STAND_IN = 2;

export class JobRows {
  readonly #writer: Writer = new Writer();

  /** @param seq place of the record, or of the pack's last one */
  add(seq: number, isPack: boolean, row: Uint8Array): void {
    this.#writer
      .byte(isPack ? PACK : RECORD)
      .uint(seq)
      .bytes(row);
  }

  /** @param bytes the snapshot that stands for all records up to this place */
  addStandIn(seq: number, records: number, bytes: Uint8Array): void {
    this.#writer.byte(STAND_IN).uint(seq).uint(records).bytes(bytes);
  }

  finish(): Uint8Array {
    return this.#writer.finish();
  }
}

/**
 * Yields where it may be interrupted.
 * @throws MESSAGE_MALFORMED, RECORD_MALFORMED, UPDATE_MALFORMED, FORMAT_TOO_NEW if something of the document cannot be read,
 *   or a record is missing
 */
export function* compactDocument(job: CompactionJob, codec: BodyCodec): Generator<void, CompactionResult> {
  const before = job.state && stateIn(job.state, job.after ?? 0);
  if (before === 'damaged') return { type: 'state damaged' };
  const fold = codec.fold(before?.body);
  const covers = new Map(before?.covers ?? NO_HEADS);
  const blobs = new Set(before?.blobs);
  const packed: PackedRecord[] = [];
  const pieces: HistoryPiece[] = [];
  const floor = job.floor ?? Number.MAX_SAFE_INTEGER;
  let bodies: Uint8Array[] = [];
  let bytes = 0;
  let bytesOfAll = 0;
  let all = before?.records ?? 0;
  let last = 0;
  let seq = before?.seq ?? 0;
  for (const { piece, record, standsFor } of recordsOf(job)) {
    // A store that tore a batch has a pack, and the records in it beside that.
    if (piece.seq <= last) continue;
    if (job.packs && (job.floor === undefined || piece.seq > floor)) packed.push(piece);
    last = piece.seq;
    if (piece.seq > floor || piece.seq <= (before?.seq ?? 0)) continue;
    seq = piece.seq;
    bytesOfAll += unpackedLength(piece);
    const { header } = record ?? decodeUnpacked(piece);
    const obstacle = obstacleTo(header, covers);
    if (obstacle !== undefined) return { type: 'unfit', why: obstacle };
    raiseBy(covers, header);
    if (job.history !== undefined) pieces.push(pieceOf(piece, header));
    for (const name of header.blobs) if (blobs.size < MOST_STATE_BLOBS) blobs.add(name);
    all = standsFor ?? all + 1;
    if (header.kind === 'snapshot') {
      fold.add(bodies.splice(0));
      fold.addState(piece.body);
      yield;
      continue;
    }
    bodies.push(piece.body);
    bytes += piece.body.byteLength;
    if (bodies.length < STEP.records && bytes < STEP.bytes) continue;
    fold.add(bodies);
    [bodies, bytes] = [[], 0];
    yield;
  }
  fold.add(bodies);
  const body = fold.finish();
  if (body === undefined) return { type: 'unfit', why: 'it waits for records of others that are not here' };
  yield;
  const state = { seq, records: all, covers, blobs: [...blobs], body };
  if (job.floor !== undefined) {
    const obstacle = obstacleToStand(state, codec);
    if (obstacle !== undefined) return { type: 'unfit', why: obstacle };
    yield;
  }
  const packs: NewPack[] = [];
  for (const records of filled(job.packs ? packed : [])) {
    const bytesOfPack = records.reduce((sum, record) => sum + unpackedLength(record), 0);
    const { seq: end } = records.at(-1) as PackedRecord;
    packs.push({ seq: end, records: records.length, bytes: bytesOfPack, row: encodePack(records) });
    yield;
  }
  const history = job.history && (yield* thinHistory(job.history, pieces, codec));
  return {
    type: 'compacted',
    state: encodeState(state),
    seq,
    records: all,
    bytes: bytesOfAll,
    packs,
    history,
  };
}

function pieceOf({ seq, body }: PackedRecord, header: RecordHeader): HistoryPiece {
  const { kind, time } = header;
  const brings = new Map<AuthorId, number>();
  raiseBy(brings, header);
  return { seq, time, brings, update: { kind, body } };
}

/** What stands for records that are gone must be what every device takes: nothing else tells of them any more. */
function obstacleToStand(state: DocumentState, codec: BodyCodec): string | undefined {
  if (!fitsSnapshot(state)) return 'its state is too large to be sent';
  try {
    const fold = codec.fold(undefined);
    fold.addState(state.body);
    return fold.finish() === undefined ? 'its state is not whole' : undefined;
  } catch (error) {
    if (!isEvermeshError(error, 'UPDATE_MALFORMED')) throw error;
    return 'its state is one that nobody would take';
  }
}

/** Where the state was lost, what stands for records that are gone is found in its place, and may end long before. */
function stateIn(row: Uint8Array, after: number): DocumentState | 'damaged' {
  try {
    const state = readState(new Reader(row));
    return state.seq < after ? 'damaged' : state;
  } catch (error) {
    if (!isEvermeshError(error, 'MESSAGE_MALFORMED')) throw error;
    return 'damaged';
  }
}

/** Records of a later kind, generation or key are kept, and nobody here knows what they do to the document. */
function obstacleTo({ generation, keyId, author, prev }: RecordHeader, covers: Heads): string | undefined {
  if (generation !== 0) return 'it has records of another generation';
  if (keyId !== 0) return 'it has sealed records';
  // A state that passes over what the store lost would hide the loss.
  if (prev > (covers.get(author) ?? 0)) throw malformed(`record ${prev} of ${author} is missing`);
  return undefined;
}

function decodeUnpacked(piece: PackedRecord): LogRecord {
  const { bytes, bodyDigest } = unpackedRecord(piece);
  return decodeDigested(bytes, bodyDigest);
}

interface JobRecord {
  readonly piece: PackedRecord;
  readonly record: LogRecord | undefined;
  /** It is a snapshot, and stands for this many records, which are gone. */
  readonly standsFor: number | undefined;
}

function* recordsOf(job: CompactionJob): Generator<JobRecord> {
  const rows = new Reader(job.rows);
  while (rows.left > 0) {
    const kind = rows.byte();
    const seq = rows.uint();
    const standsFor = kind === STAND_IN ? rows.uint() : undefined;
    const row = rows.bytes(rows.left);
    if (kind === PACK) {
      for (const piece of readPack(new Reader(row))) yield { piece, record: undefined, standsFor };
    } else {
      const record = decodeRecord(row);
      yield { piece: packedRecord(seq, record, row), record, standsFor };
    }
  }
}

/** Packs are filled one after the other, so what lay in small ones lies in the first. */
function* filled(records: readonly PackedRecord[]): Generator<PackedRecord[]> {
  let pack: PackedRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    pack.push(record);
    bytes += unpackedLength(record);
    if (bytes < PACK_BYTES) continue;
    yield pack;
    [pack, bytes] = [[], 0];
  }
  if (pack.length > 0) yield pack;
}
