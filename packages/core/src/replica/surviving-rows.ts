/** The rows of a damaged store, one kind after the other: what does not decode is passed over, or told of. */
import { type DocumentId, EMPTY, type FolderId, isDocumentId } from '../base/index.ts';
import { isEvermeshError } from '../errors/index.ts';
import {
  debtPrefix,
  documentPrefix,
  entriesOf,
  folderPrefix,
  isGoneKey,
  isStandInKey,
  logKey,
  orderPrefix,
  prefixEnd,
  readIndex,
  readLogState,
  seqOfKey,
  type Span,
  type Store,
  storedRow,
} from '../log/index.ts';
import {
  decodeRecord,
  type Heads,
  mergeHeads,
  NO_HEADS,
  type Position,
  readHeads,
  type RecordHeader,
} from '../protocol/index.ts';

/** A store that is open, and is not written to. */
export type DamagedStore = Pick<Store, 'get' | 'iterator'>;

export interface OrderPlace {
  readonly document: DocumentId;
  /** The running digest at this place. */
  readonly digest: Uint8Array;
}

/** What stands at each place, as far as the log's order says so. */
export async function placesOfOrder(store: DamagedStore, folder: FolderId): Promise<Map<number, OrderPlace>> {
  const places = new Map<number, OrderPlace>();
  for await (const [key, value] of within(store, orderPrefix(folder))) {
    const document = new TextDecoder().decode(value.subarray(16));
    if (isDocumentId(document) && isPlace(key))
      places.set(seqOfKey(key), { document, digest: value.slice(0, 16) });
  }
  return places;
}

/** Places that are gone, and for which states stand: from one to another, both included. */
export async function gonePlaces(store: DamagedStore, folder: FolderId): Promise<Span[]> {
  const spans: Span[] = [];
  for await (const [key, value] of within(store, orderPrefix(folder))) {
    if (!isGoneKey(key)) continue;
    const from = sound(() => storedRow(key, value, (reader) => reader.uint()));
    if (from !== undefined) spans.push({ from, to: seqOfKey(key) });
  }
  return spans;
}

export interface SurvivingRecord {
  readonly seq: number;
  readonly document: DocumentId;
  /** `undefined`: not what was written. */
  readonly header: RecordHeader | undefined;
  /** It is a state that stands for records which are gone. */
  readonly isStandIn: boolean;
}

/** Every record, and what stands for others, its header only if all of it is as it was written. */
export async function* recordsIn(store: DamagedStore, folder: FolderId): AsyncGenerator<SurvivingRecord> {
  const prefix = `${folderPrefix(folder)}r/`;
  for await (const [key, row] of within(store, prefix)) {
    const document = key.slice(prefix.length, key.lastIndexOf('/')) as DocumentId;
    if (!isDocumentId(document) || !isPlace(key)) continue;
    // Of a pack that is damaged nothing but its last place is known.
    const entries = sound(() => entriesOf(key, row)) ?? [{ seq: seqOfKey(key), bytes: EMPTY }];
    for (const { seq, bytes } of entries) {
      const header = headerOf(bytes);
      const isIts = header?.folder === folder && header.document === document;
      yield { seq, document, header: isIts ? header : undefined, isStandIn: isStandInKey(key) };
    }
  }
}

/** What the store knew of each document: what it had, and what peers had told of. */
export async function toldHeads(store: DamagedStore, folder: FolderId): Promise<Map<DocumentId, Heads>> {
  const told = new Map<DocumentId, Heads>();
  const note = (document: DocumentId, heads: Heads | undefined): void => {
    if (heads !== undefined) told.set(document, mergeHeads(told.get(document) ?? NO_HEADS, heads));
  };
  for await (const [key, row] of within(store, documentPrefix(folder))) {
    const document = key.slice(documentPrefix(folder).length) as DocumentId;
    note(document, sound(() => storedRow(key, row, (reader) => readIndex(document, reader)))?.heads);
  }
  for await (const [key, row] of within(store, debtPrefix(folder))) {
    const document = (key.slice(debtPrefix(folder).length).split('/')[1] ?? '') as DocumentId;
    const heads = sound(() =>
      storedRow(key, row, (reader) => {
        reader.uint();
        return readHeads(reader);
      }),
    );
    if (isDocumentId(document)) note(document, heads);
  }
  return told;
}

/** The last place of the log, and its running digest; nothing if that cannot be read. */
export async function endOfLog(store: DamagedStore, folder: FolderId): Promise<Position | undefined> {
  const key = logKey(folder);
  const row = await store.get(key);
  return row && sound(() => storedRow(key, row, readLogState))?.position;
}

const within = (store: DamagedStore, prefix: string): AsyncIterable<[string, Uint8Array]> =>
  store.iterator({ gte: prefix, lt: prefixEnd(prefix) });

const isPlace = (key: string): boolean => /\/[0-9a-f]{14}[+=]?$/.test(key);

function headerOf(bytes: Uint8Array): RecordHeader | undefined {
  try {
    return decodeRecord(bytes).header;
  } catch (error) {
    if (isEvermeshError(error, 'RECORD_MALFORMED') || isEvermeshError(error, 'FORMAT_TOO_NEW'))
      return undefined;
    throw error;
  }
}

function sound<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (isEvermeshError(error, 'STORE_CORRUPT')) return undefined;
    throw error;
  }
}
