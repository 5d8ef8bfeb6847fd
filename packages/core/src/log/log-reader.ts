/** Reads a folder's log from its store. Everything here is durable; nothing is kept in memory. */
import type { DocumentId, FolderId } from '../base/index.ts';
import { EvermeshError, isEvermeshError } from '../errors/index.ts';
import { covers, decodeRecord, type Heads, type LogRecord } from '../protocol/index.ts';
import type { DocumentIndex } from './document-index.ts';
import { areaPrefix, orderKey, orderPrefix, prefixEnd, recordKey, recordPrefix, seqOfKey } from './keys.ts';
import type { Store } from './store.ts';

export interface StoredRecord {
  readonly seq: number;
  readonly record: LogRecord;
  readonly bytes: Uint8Array;
}

export class LogReader {
  readonly #store: Store;
  readonly #folder: FolderId;
  readonly #indexOf: (document: DocumentId) => DocumentIndex | undefined;

  /** @param indexOf what is durable of a document: most have one record, and need no search */
  constructor(store: Store, folder: FolderId, indexOf: (document: DocumentId) => DocumentIndex | undefined) {
    this.#store = store;
    this.#folder = folder;
    this.#indexOf = indexOf;
  }

  /**
   * A document's records that `after` does not cover, in the log's order.
   * @throws STORE_CORRUPT at a record that is damaged, and at the end if records are missing
   */
  async *document(document: DocumentId, after: Heads): AsyncGenerator<StoredRecord> {
    const index = this.#indexOf(document);
    if (index === undefined || covers(after, index.heads)) return;
    if (index.records === 1) {
      const only = await this.record(document, index.lastSeq);
      if (only === undefined) throw missing(document);
      yield only;
      return;
    }
    const prefix = recordPrefix(this.#folder, document);
    let found = 0;
    for await (const [key, bytes] of this.#store.iterator({ gte: prefix, lt: prefixEnd(prefix) })) {
      const record = this.#decode(key, bytes);
      const { author, counter } = record.header;
      found += 1;
      if (counter > (after.get(author) ?? 0)) yield { seq: seqOfKey(key), record, bytes };
    }
    // There may be more: what was written a moment ago is read before it is told.
    if (found < index.records) throw missing(document);
  }

  /** The rows of a document as they are, in the log's order; `undefined` for a record that cannot be read. */
  async *readable(document: DocumentId): AsyncGenerator<LogRecord | undefined> {
    const prefix = recordPrefix(this.#folder, document);
    for await (const [, bytes] of this.#store.iterator({ gte: prefix, lt: prefixEnd(prefix) })) {
      yield readRecord(bytes);
    }
  }

  /** Which document stands at each place behind `seq`, in order. */
  async *order(seq: number): AsyncGenerator<{ seq: number; digest: Uint8Array; document: DocumentId }> {
    const range = { gte: orderKey(this.#folder, seq + 1), lt: prefixEnd(orderPrefix(this.#folder)) };
    for await (const [key, value] of this.#store.iterator(range)) {
      const document = new TextDecoder().decode(value.subarray(16)) as DocumentId;
      yield { seq: seqOfKey(key), digest: value.subarray(0, 16), document };
    }
  }

  async record(document: DocumentId, seq: number): Promise<StoredRecord | undefined> {
    const key = recordKey(this.#folder, document, seq);
    const bytes = await this.#store.get(key);
    return bytes === undefined ? undefined : { seq, record: this.#decode(key, bytes), bytes };
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

  #decode(key: string, bytes: Uint8Array): LogRecord {
    try {
      return decodeRecord(bytes);
    } catch (error) {
      if (!isEvermeshError(error, 'RECORD_MALFORMED')) throw error;
      throw new EvermeshError('STORE_CORRUPT', `A record in the store is damaged (${key}).`, {
        cause: error,
        details: { key },
      });
    }
  }
}

function readRecord(bytes: Uint8Array): LogRecord | undefined {
  try {
    return decodeRecord(bytes);
  } catch (error) {
    if (isEvermeshError(error, 'RECORD_MALFORMED') || isEvermeshError(error, 'FORMAT_TOO_NEW'))
      return undefined;
    throw error;
  }
}

const missing = (document: DocumentId): EvermeshError =>
  new EvermeshError('STORE_CORRUPT', `Records of document ${document} are lost.`, { details: { document } });
