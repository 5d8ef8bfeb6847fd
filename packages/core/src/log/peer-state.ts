/**
 * What a replica knows of one peer's log of one folder: how far it has read, and what was announced and not fetched.
 * The rows made here belong into the batch that stores the records they speak of: the cursor never passes a record
 * that is neither stored nor noted as owed, whenever the power goes.
 */
import {
  type BlobName,
  type DocumentId,
  EMPTY,
  equalBytes,
  type Epoch,
  type FolderId,
  fromUtf8,
  toHex,
  utf8,
} from '../base/index.ts';
import { type Cursor, type Heads, type Reader, readHeads, Writer, writeHeads } from '../protocol/index.ts';
import { debtKey, debtPrefix, peerKey, prefixEnd, wantedBlobKey, wantedBlobPrefix } from './keys.ts';
import type { Store, StoreOperation } from './store.ts';
import { storedRow } from './stored-row.ts';

/** A document of which the peer announced more than is stored here. */
export interface Debt {
  readonly document: DocumentId;
  readonly bytes: number;
  readonly heads: Heads;
}

/** Names a peer in keys: letters, digits, `.`, `_`, `-`; 1 to 64 of them. */
export type PeerName = string;

/**
 * Who owes what is gone of a store that was repaired: whoever has it. The first peer that is compared with announces all that it
 * has, and owes that itself; then nobody owes this any more. No peer of an address is called so.
 */
export const ANY_PEER: PeerName = 'any';

/** Places of a log from one to another, both included. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

export interface PeerProgress {
  readonly cursor: Cursor;
  /** Records up to this place of the own log are durable at the peer, whoever wrote them. */
  readonly acknowledged: number;
  /**
   * Places behind that which the peer filled itself, ascending. `undefined` if the peer was given this device's own records only:
   * it lets this device read, or a version that did no more wrote the row. `acknowledged` speaks of no others then.
   */
  readonly received: readonly Span[] | undefined;
}

/** In place of a row that holds no more. No other row is as short, and one that was cut short does not say this. */
const FORGOTTEN = utf8('forgotten');

/** Nothing if there is none that holds. @throws STORE_CORRUPT */
export async function readProgress(
  store: Pick<Store, 'get'>,
  folder: FolderId,
  peer: PeerName,
): Promise<PeerProgress | undefined> {
  const key = peerKey(folder, peer);
  const row = await store.get(key);
  if (row === undefined || equalBytes(row, FORGOTTEN)) return undefined;
  return storedRow(key, row, (reader) => {
    const epoch = toHex(reader.raw(16)) as Epoch;
    const cursor = { epoch, seq: reader.uint(), digest: reader.raw(16).slice() };
    const acknowledged = reader.uint();
    return { cursor, acknowledged, received: reader.left > 0 ? readSpans(reader) : undefined };
  });
}

export function progressRow(
  folder: FolderId,
  peer: PeerName,
  { cursor, acknowledged, received }: PeerProgress,
): StoreOperation {
  const writer = new Writer().hex(cursor.epoch).uint(cursor.seq).raw(cursor.digest).uint(acknowledged);
  if (received !== undefined) writer.uint(received.length);
  for (const { from, to } of received ?? []) writer.uint(from).uint(to);
  return { type: 'put', key: peerKey(folder, peer), value: writer.finish() };
}

/** Nothing of it holds any more. That there is this peer still counts. */
export const forgottenRow = (folder: FolderId, peer: PeerName): StoreOperation => ({
  type: 'put',
  key: peerKey(folder, peer),
  value: FORGOTTEN,
});

function readSpans(reader: Reader): Span[] {
  const spans: Span[] = [];
  for (let left = reader.count(reader.left, 'spans'); left > 0; left--)
    spans.push({ from: reader.uint(), to: reader.uint() });
  return spans;
}

/** Debts to every peer, as they stand in the store. */
export async function* readDebts(
  store: Store,
  folder: FolderId,
): AsyncGenerator<{ peer: PeerName; debt: Debt }> {
  const prefix = debtPrefix(folder);
  for await (const [key, value] of store.iterator({ gte: prefix, lt: prefixEnd(prefix) })) {
    const [peer = '', document = ''] = key.slice(prefix.length).split('/');
    const debt = storedRow(key, value, (reader) => ({
      document: document as DocumentId,
      bytes: reader.uint(),
      heads: readHeads(reader),
    }));
    yield { peer, debt };
  }
}

export function debtRow(folder: FolderId, peer: PeerName, debt: Debt): StoreOperation {
  const writer = new Writer().uint(debt.bytes);
  writeHeads(writer, debt.heads);
  return { type: 'put', key: debtKey(folder, peer, debt.document), value: writer.finish() };
}

export const debtPaidRow = (folder: FolderId, peer: PeerName, document: DocumentId): StoreOperation => ({
  type: 'del',
  key: debtKey(folder, peer, document),
});

/** Blobs that stored records name and this replica has not fetched yet, and the document of these records, where that was noted. */
export async function* readWantedBlobs(
  store: Store,
  folder: FolderId,
): AsyncGenerator<{ name: BlobName; document: DocumentId | undefined }> {
  const prefix = wantedBlobPrefix(folder);
  for await (const [key, value] of store.iterator({ gte: prefix, lt: prefixEnd(prefix) })) {
    const document = value.byteLength === 0 ? undefined : (fromUtf8(value) as DocumentId | undefined);
    yield { name: key.slice(prefix.length) as BlobName, document };
  }
}

/** The row was empty before there were documents whose blobs are left; who does not know of these does not look into it. */
export const wantedBlobRow = (
  folder: FolderId,
  name: BlobName,
  document: DocumentId | undefined,
): StoreOperation => ({
  type: 'put',
  key: wantedBlobKey(folder, name),
  value: document === undefined ? EMPTY : utf8(document),
});

export const blobFetchedRow = (folder: FolderId, name: BlobName): StoreOperation => ({
  type: 'del',
  key: wantedBlobKey(folder, name),
});
