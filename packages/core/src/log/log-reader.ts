/** Reads a folder's log from its store. Everything here is durable; of packs that are read place by place, a few stay in memory. */
import type { DocumentId, FolderId } from '../base/index.ts';
import { EvermeshError, isEvermeshError } from '../errors/index.ts';
import {
  covers,
  decodeDigested,
  encodeRecord,
  type Heads,
  isHeld,
  type LogRecord,
  NO_HEADS,
} from '../protocol/index.ts';
import { type DocumentIndex, isLeftOver } from './document-index.ts';
import { type DocumentState, readState, standInOf } from './document-state.ts';
import { historySteps } from './history-steps.ts';
import type { HistoryStep } from './history-step.ts';
import {
  areaPrefix,
  historyKey,
  isPackKey,
  isRecordKey,
  isStandInKey,
  orderKey,
  ownerOfKey,
  prefixEnd,
  recordKey,
  recordPrefix,
  seqOfKey,
  standInKey,
  stateKey,
} from './keys.ts';
import { type OrderPlace, orderPlaces } from './order-places.ts';
import { type PackedRecord, readPack, unpackedRecord } from './pack.ts';
import type { Store } from './store.ts';
import { storedRow } from './stored-row.ts';
import { UnpackedPacks } from './unpacked-packs.ts';

export interface StoredRecord {
  readonly seq: number;
  readonly record: LogRecord;
  readonly bytes: Uint8Array;
  /** It is a snapshot, and stands for this many records, which are gone: all of the document up to its place. */
  readonly standsFor?: number | undefined;
}

/** Where reading begins: a document's state stands for the records up to it. */
type Start = Pick<DocumentState, 'seq' | 'records'>;
const BEGINNING: Start = { seq: 0, records: 0 };

export class LogReader {
  readonly #store: Pick<Store, 'get' | 'iterator'>;
  readonly #folder: FolderId;
  readonly #indexOf: (document: DocumentId) => DocumentIndex | undefined;
  readonly #unpacked: UnpackedPacks = new UnpackedPacks();

  /** @param indexOf what is durable of a document: most have one record, and need no search */
  constructor(
    store: Pick<Store, 'get' | 'iterator'>,
    folder: FolderId,
    indexOf: (document: DocumentId) => DocumentIndex | undefined,
  ) {
    this.#store = store;
    this.#folder = folder;
    this.#indexOf = indexOf;
  }

  /**
   * A document's records that `after` does not cover, in the log's order, whether they lie in packs or not. For those that are gone stands
   * a snapshot, at the place of the last of them.
   * @param start a state of the document, to be told only of records behind it: no pack is read for them, but for what is packed
   *   meanwhile
   * @throws STORE_CORRUPT at a record or pack that is damaged, and at the end if records are missing
   */
  async *document(
    document: DocumentId,
    after: Heads,
    start: Start = BEGINNING,
  ): AsyncGenerator<StoredRecord> {
    const index = this.#indexOf(document);
    if (index === undefined || covers(after, index.heads)) return;
    if (index.records === 1 && start.records === 0) {
      const only = await this.record(document, index.lastSeq);
      if (only === undefined) throw missing(document);
      yield only;
      return;
    }
    let found = start.records;
    let last = start.seq;
    for await (const [key, row] of this.rows(document, start.seq)) {
      if (isLeftOver(index, key)) continue;
      for (const { seq, bytes, bodyDigest, standsFor } of entriesOf(key, row)) {
        if (seq <= last) continue;
        last = seq;
        const record = decodeStored(key, bytes, bodyDigest);
        found = standsFor ?? found + 1;
        if (!isHeld(after, record.header)) yield { seq, record, bytes, standsFor };
      }
    }
    // There may be more: what was written a moment ago is read before it is told.
    if (found < index.records) throw missing(document);
  }

  /**
   * What a document went through here, the oldest step first.
   * @throws STORE_CORRUPT as `document`
   */
  history(document: DocumentId): AsyncGenerator<HistoryStep> {
    return historySteps(this.document(document, NO_HEADS), () => this.historyRow(document));
  }

  /** The row of what is kept of the history of records that are gone. */
  historyRow(document: DocumentId): Promise<Uint8Array | undefined> {
    return this.#store.get(historyKey(this.#folder, document));
  }

  /**
   * The records of a document as they are, in the log's order; `undefined` for one that cannot be read, or for all of a pack
   * that cannot.
   */
  async *readable(document: DocumentId): AsyncGenerator<LogRecord | undefined> {
    for await (const [key, row] of this.rows(document, 0)) {
      for (const entry of readableEntries(key, row)) {
        yield entry && readRecord(entry);
      }
    }
  }

  /**
   * Rows of a document in which records behind a place lie, in the log's order: each is a record, a pack, or what stands for records.
   * @param limit default: all
   */
  rows(document: DocumentId, seq: number, limit?: number): AsyncIterable<[string, Uint8Array]> {
    const range = {
      gte: recordKey(this.#folder, document, seq + 1),
      lt: prefixEnd(recordPrefix(this.#folder, document)),
    };
    return this.#store.iterator(limit === undefined ? range : { ...range, limit });
  }

  /** The same, but for those for which others stand: a store that tore a batch left them. */
  async *standing(document: DocumentId, seq: number): AsyncGenerator<[string, Uint8Array]> {
    const index = this.#indexOf(document);
    for await (const row of this.rows(document, seq))
      if (index === undefined || !isLeftOver(index, row[0])) yield row;
  }

  /**
   * The state of a document, if it is compacted.
   * @throws STORE_CORRUPT if it is damaged or lost: all records are there without it
   */
  async state(document: DocumentId): Promise<DocumentState | undefined> {
    if (this.#indexOf(document)?.compacted === undefined) return undefined;
    const key = stateKey(this.#folder, document);
    const row = await this.stateRow(document);
    if (row === undefined) throw corrupt(`The state of document ${document} is lost (${key}).`, key);
    return storedRow(key, row, readState);
  }

  /** The row of a document's state as it is: where all that it stands for is gone, it lies in the place of that. */
  async stateRow(document: DocumentId): Promise<Uint8Array | undefined> {
    const row = await this.#store.get(stateKey(this.#folder, document));
    const floor = this.#indexOf(document)?.compacted?.floor ?? 0;
    if (row !== undefined || floor === 0) return row ?? this.#firstStandIn(document);
    return (await this.#store.get(standInKey(this.#folder, document, floor))) ?? this.#firstStandIn(document);
  }

  /** What was committed a moment ago is read before the index tells of it. */
  async #firstStandIn(document: DocumentId): Promise<Uint8Array | undefined> {
    for await (const [key, row] of this.rows(document, 0, 1)) if (isStandInKey(key)) return row;
    return undefined;
  }

  /** Records of a document are gone: none of them is read any more. */
  forget(document: DocumentId): void {
    this.#unpacked.drop(document);
  }

  /** Which document stands at each place behind `seq`, in order, but for those that are gone. */
  order(seq: number): AsyncGenerator<OrderPlace> {
    return orderPlaces(this.#store, this.#folder, seq);
  }

  /**
   * The record at a place, or the snapshot that stands there for others; `undefined` if it is gone, or lost.
   * @throws STORE_CORRUPT if it is damaged, or the pack in which it lies
   */
  async record(document: DocumentId, seq: number): Promise<StoredRecord | undefined> {
    const packed = this.#unpacked.find(document, seq);
    if (packed !== undefined) return this.#stored(document, packed);
    const key = recordKey(this.#folder, document, seq);
    // Where a state stands for it, a store that tore a batch may have it as well.
    const isGone = seq === this.#indexOf(document)?.compacted?.floor;
    const bytes = isGone ? undefined : await this.#store.get(key);
    if (bytes !== undefined) return { seq, record: decodeStored(key, bytes), bytes };
    // The first pack that goes as far as this place, if none is missing.
    const from = isGone ? standInKey(this.#folder, document, seq) : key;
    const behind = { gte: from, lt: prefixEnd(recordPrefix(this.#folder, document)), limit: 1 };
    for await (const [packKey, row] of this.#store.iterator(behind)) {
      if (isStandInKey(packKey) && seqOfKey(packKey) === seq) {
        const [standIn] = entriesOf(packKey, row);
        return standIn && { ...standIn, record: decodeStored(packKey, standIn.bytes) };
      }
      if (!isPackKey(packKey)) break;
      this.#unpacked.add(document, storedRow(packKey, row, readPack));
    }
    const unpacked = this.#unpacked.find(document, seq);
    return unpacked && this.#stored(document, unpacked);
  }

  /** The running digest at a place, or `undefined` if this log has no such place. */
  async digestAt(seq: number): Promise<Uint8Array | undefined> {
    if (seq === 0) return new Uint8Array(16);
    const value = await this.#store.get(orderKey(this.#folder, seq));
    return value?.subarray(0, 16);
  }

  /** Rows that others committed beside records, their keys without the area's prefix. */
  async *area(area: string): AsyncGenerator<[string, Uint8Array]> {
    const prefix = areaPrefix(this.#folder, area);
    for await (const [key, value] of this.#store.iterator({ gte: prefix, lt: prefixEnd(prefix) })) {
      yield [key.slice(prefix.length), value];
    }
  }

  #stored(document: DocumentId, packed: PackedRecord): StoredRecord {
    const { bytes, bodyDigest } = unpackedRecord(packed);
    const { seq } = packed;
    return { seq, bytes, record: decodeStored(recordKey(this.#folder, document, seq), bytes, bodyDigest) };
  }
}

/** A record as it was stored at first, and the digest of its body if that had to be computed. */
interface Entry {
  readonly seq: number;
  readonly bytes: Uint8Array;
  readonly bodyDigest?: Uint8Array;
  /** As of a `StoredRecord`. */
  readonly standsFor?: number | undefined;
}

/**
 * The records in a row.
 * @throws STORE_CORRUPT if it is no single record, and damaged
 */
export function entriesOf(key: string, row: Uint8Array): Entry[] {
  if (isRecordKey(key)) return [{ seq: seqOfKey(key), bytes: row }];
  if (isStandInKey(key)) {
    const state = storedRow(key, row, readState);
    return [
      { seq: state.seq, bytes: encodeRecord(standInOf(state, ownerOfKey(key))), standsFor: state.records },
    ];
  }
  return storedRow(key, row, readPack).map((packed) => ({ seq: packed.seq, ...unpackedRecord(packed) }));
}

function readableEntries(key: string, row: Uint8Array): (Entry | undefined)[] {
  try {
    return entriesOf(key, row);
  } catch (error) {
    if (!isEvermeshError(error, 'STORE_CORRUPT')) throw error;
    return [undefined];
  }
}

/**
 * @param bodyDigest of the body, if it was computed already
 * @throws STORE_CORRUPT, FORMAT_TOO_NEW
 */
export function decodeStored(key: string, bytes: Uint8Array, bodyDigest?: Uint8Array): LogRecord {
  try {
    return decodeDigested(bytes, bodyDigest);
  } catch (error) {
    if (!isEvermeshError(error, 'RECORD_MALFORMED')) throw error;
    throw corrupt(`A record in the store is damaged (${key}).`, key, error);
  }
}

function readRecord({ bytes, bodyDigest }: Entry): LogRecord | undefined {
  try {
    return decodeDigested(bytes, bodyDigest);
  } catch (error) {
    if (isEvermeshError(error, 'RECORD_MALFORMED') || isEvermeshError(error, 'FORMAT_TOO_NEW'))
      return undefined;
    throw error;
  }
}

const corrupt = (message: string, key: string, cause?: unknown): EvermeshError =>
  new EvermeshError('STORE_CORRUPT', message, { cause, details: { key } });

const missing = (document: DocumentId): EvermeshError =>
  new EvermeshError('STORE_CORRUPT', `Records of document ${document} are lost.`, { details: { document } });
