/** The log's order: which document stands at each place. */
import type { DocumentId, FolderId } from '../base/index.ts';
import { isGoneKey, orderKey, orderPrefix, prefixEnd, seqOfKey } from './keys.ts';
import type { Store } from './store.ts';
import { storedRow } from './stored-row.ts';

const decoder = new TextDecoder();

export interface OrderPlace {
  readonly seq: number;
  /** Places behind this one and before `seq` are gone, and states stand for what was there: `seq - 1` if none is. */
  readonly behind: number;
  readonly digest: Uint8Array;
  readonly document: DocumentId;
}

/** A row of the order: a place, or that places are gone. */
export interface OrderRow {
  readonly key: string;
  /** The place, or the last of them that are gone. */
  readonly seq: number;
  /** The first of them that are gone; `seq` if it is a place. */
  readonly from: number;
  /** `undefined`: they are gone. */
  readonly document: DocumentId | undefined;
  /** The log's running digest at the place. */
  readonly digest: Uint8Array;
}

/** Rows behind a place, as they are. @throws STORE_CORRUPT */
export async function* orderRows(
  store: Pick<Store, 'iterator'>,
  folder: FolderId,
  behind: number,
): AsyncGenerator<OrderRow> {
  const range = { gte: orderKey(folder, behind + 1), lt: prefixEnd(orderPrefix(folder)) };
  for await (const [key, value] of store.iterator(range)) {
    const seq = seqOfKey(key);
    const digest = value.subarray(0, 16);
    if (isGoneKey(key)) {
      const from = storedRow(key, value, (reader) => reader.uint());
      yield { key, seq, from, document: undefined, digest };
    } else {
      const document = decoder.decode(value.subarray(16)) as DocumentId;
      yield { key, seq, from: seq, document, digest };
    }
  }
}

/** Places behind a place, in order, but for those that are gone. @throws STORE_CORRUPT */
export async function* orderPlaces(
  store: Pick<Store, 'iterator'>,
  folder: FolderId,
  behind: number,
): AsyncGenerator<OrderPlace> {
  let gone = { from: 1, to: 0 };
  for await (const { seq, from, document, digest } of orderRows(store, folder, behind)) {
    if (document === undefined) {
      gone = { from: from <= gone.to + 1 ? Math.min(from, gone.from) : from, to: seq };
      continue;
    }
    yield { seq, behind: gone.to === seq - 1 ? gone.from - 1 : seq - 1, digest, document };
  }
}
