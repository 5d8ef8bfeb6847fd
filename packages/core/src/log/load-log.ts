/** Reads what a folder's log needs in memory when it is opened: its state and the index entry of each document. */
import {
  type AuthorId,
  type DocumentId,
  type Epoch,
  type FolderId,
  newEpoch,
  type Random,
  toHex,
} from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import { type Position, raiseHead, type Reader, Writer } from '../protocol/index.ts';
import { type DocumentIndex, readIndex } from './document-index.ts';
import { documentPrefix, logKey, orderKey, orderPrefix, prefixEnd } from './keys.ts';
import type { Store } from './store.ts';
import { storedRow } from './stored-row.ts';

export interface LogState {
  readonly epoch: Epoch;
  readonly position: Position;
}

export interface LoadedLog extends LogState {
  readonly documents: Map<DocumentId, DocumentIndex>;
  readonly heads: Map<AuthorId, number>;
}

/** @throws STORE_CORRUPT if a row does not decode, or is missing. */
export async function loadLog(store: Store, folder: FolderId, random: Random): Promise<LoadedLog> {
  const key = logKey(folder);
  const row = await store.get(key);
  const state = row === undefined ? beginLog(random) : storedRow(key, row, readLogState);
  const documents = new Map<DocumentId, DocumentIndex>();
  const heads = new Map<AuthorId, number>();
  let records = 0;
  const prefix = documentPrefix(folder);
  for await (const [indexKey, value] of store.iterator({ gte: prefix, lt: prefixEnd(prefix) })) {
    const document = indexKey.slice(prefix.length) as DocumentId;
    const index = storedRow(indexKey, value, (reader) => readIndex(document, reader));
    if (index.lastSeq > state.position.seq) throw behind(key);
    documents.set(index.document, index);
    records += index.records;
    for (const [author, counter] of index.heads) raiseHead(heads, author, counter);
  }
  // A database may lose rows in the middle without a word. What hangs on them would look like a person's deletions.
  if (records !== state.position.seq) throw incomplete(key);
  const beyond = {
    gte: orderKey(folder, state.position.seq + 1),
    lt: prefixEnd(orderPrefix(folder)),
    limit: 1,
  };
  for await (const [place] of store.iterator(beyond)) throw torn(place);
  return { ...state, documents, heads };
}

/** A log that began to number behind records it has would write over them. */
const behind = (key: string): EvermeshError =>
  new EvermeshError('STORE_CORRUPT', `A log ends before its last record (${key}).`, { details: { key } });

const incomplete = (key: string): EvermeshError =>
  new EvermeshError('STORE_CORRUPT', `Parts of a log are lost (${key}).`, { details: { key } });

/** The log's state is the last row of every batch of records: a database that wrote only the first ones broke its word. */
const torn = (key: string): EvermeshError =>
  new EvermeshError('STORE_CORRUPT', `A part of a batch is in the store without the rest (${key}).`, {
    details: { key },
  });

const beginLog = (random: Random): LogState => ({
  epoch: newEpoch(random),
  position: { seq: 0, digest: new Uint8Array(16) },
});

export function encodeLogState({ epoch, position }: LogState): Uint8Array {
  return new Writer().hex(epoch).uint(position.seq).raw(position.digest).finish();
}

export function readLogState(reader: Reader): LogState {
  return {
    epoch: toHex(reader.raw(16)) as Epoch,
    position: { seq: reader.uint(), digest: reader.raw(16).slice() },
  };
}
