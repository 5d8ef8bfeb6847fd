/** Reads what a folder's log needs in memory when it is opened: its state and the index entry of each document. */
import {
  type AuthorId,
  type DocumentId,
  type Epoch,
  type FolderId,
  fromHex,
  newEpoch,
  type Random,
  toHex,
} from '../base/index.ts';
import { EvermeshError, isEvermeshError } from '../errors/index.ts';
import { type Position, raiseHead, Reader, Writer } from '../protocol/index.ts';
import { decodeIndex, type DocumentIndex } from './document-index.ts';
import { documentPrefix, logKey, prefixEnd } from './keys.ts';
import type { Store } from './store.ts';

export interface LogState {
  readonly epoch: Epoch;
  readonly position: Position;
}

export interface LoadedLog extends LogState {
  readonly documents: Map<DocumentId, DocumentIndex>;
  readonly heads: Map<AuthorId, number>;
}

/** @throws STORE_CORRUPT if a row does not decode. */
export async function loadLog(store: Store, folder: FolderId, random: Random): Promise<LoadedLog> {
  try {
    const row = await store.get(logKey(folder));
    const state = row === undefined ? beginLog(random) : decodeLogState(row);
    const documents = new Map<DocumentId, DocumentIndex>();
    const heads = new Map<AuthorId, number>();
    const prefix = documentPrefix(folder);
    for await (const [key, value] of store.iterator({ gte: prefix, lt: prefixEnd(prefix) })) {
      const index = decodeIndex(key.slice(prefix.length) as DocumentId, value);
      documents.set(index.document, index);
      for (const [author, counter] of index.heads) raiseHead(heads, author, counter);
    }
    return { ...state, documents, heads };
  } catch (error) {
    if (!isEvermeshError(error, 'MESSAGE_MALFORMED')) throw error;
    throw new EvermeshError('STORE_CORRUPT', `The log of folder ${folder} is damaged.`, {
      cause: error,
      details: { folder },
    });
  }
}

const beginLog = (random: Random): LogState => ({
  epoch: newEpoch(random),
  position: { seq: 0, digest: new Uint8Array(16) },
});

export function encodeLogState({ epoch, position }: LogState): Uint8Array {
  return new Writer().raw(fromHex(epoch)).uint(position.seq).raw(position.digest).finish();
}

function decodeLogState(bytes: Uint8Array): LogState {
  const reader = new Reader(bytes);
  return {
    epoch: toHex(reader.raw(16)) as Epoch,
    position: { seq: reader.uint(), digest: reader.raw(16).slice() },
  };
}
