/**
 * What peers announced and this replica has not fetched yet: documents and blobs. Kept in memory as it stands in the
 * store; every change is a row for the batch that makes it true. Announced heads count as *told of*: a deletion made
 * here names them, and an edit that is only announced already keeps its file alive.
 */
import { type BlobName, type DocumentId, type FolderId, Listeners } from '../base/index.ts';
import { type Heads, mergeHeads, NO_HEADS } from '../protocol/index.ts';
import {
  blobFetchedRow,
  type Debt,
  debtPaidRow,
  debtRow,
  type PeerName,
  readDebts,
  readWantedBlobs,
  wantedBlobRow,
} from './peer-state.ts';
import type { Store, StoreOperation } from './store.ts';

export class Debts {
  /** Documents whose told heads changed. */
  readonly changed: Listeners<readonly DocumentId[]> = new Listeners();
  /** A blob that was wanted is here. */
  readonly fetched: Listeners<BlobName> = new Listeners();
  /** A blob that was here is wanted again. */
  readonly missed: Listeners<BlobName> = new Listeners();
  readonly #folder: FolderId;
  readonly #owed = new Map<PeerName, Map<DocumentId, Debt>>();
  readonly #wanted: Set<BlobName>;

  static async load(store: Store, folder: FolderId): Promise<Debts> {
    const debts = new Debts(folder, await readWantedBlobs(store, folder));
    for await (const { peer, debt } of readDebts(store, folder)) debts.#of(peer).set(debt.document, debt);
    return debts;
  }

  private constructor(folder: FolderId, wanted: readonly BlobName[]) {
    this.#folder = folder;
    this.#wanted = new Set(wanted);
  }

  /** What `peer` announced and is owed. */
  owed(peer: PeerName): Debt[] {
    return [...(this.#owed.get(peer)?.values() ?? [])];
  }

  owes(peer: PeerName, document: DocumentId): Debt | undefined {
    return this.#owed.get(peer)?.get(document);
  }

  /** Documents owed to any peer. */
  get documents(): number {
    let count = 0;
    for (const owed of this.#owed.values()) count += owed.size;
    return count;
  }

  /** Heads that peers told of, stored here or not. */
  toldHeads(document: DocumentId): Heads {
    let heads = NO_HEADS;
    for (const owed of this.#owed.values()) {
      const debt = owed.get(document);
      if (debt !== undefined) heads = mergeHeads(heads, debt.heads);
    }
    return heads;
  }

  /** Notes debts; a document already owed is owed up to both. Returns the rows that say so. */
  owe(peer: PeerName, debts: readonly Debt[]): StoreOperation[] {
    const owed = this.#of(peer);
    const rows = debts.map((debt) => {
      const before = owed.get(debt.document);
      const merged = before === undefined ? debt : { ...debt, heads: mergeHeads(before.heads, debt.heads) };
      owed.set(debt.document, merged);
      return debtRow(this.#folder, peer, merged);
    });
    if (debts.length > 0) this.changed.emit(debts.map(({ document }) => document));
    return rows;
  }

  /** The document's records are in the same batch as the row this returns. */
  pay(peer: PeerName, document: DocumentId): StoreOperation[] {
    if (this.#owed.get(peer)?.delete(document) !== true) return [];
    return [debtPaidRow(this.#folder, peer, document)];
  }

  /** The peer turns out to hold less than it once announced: it owes no more than this. */
  lower(peer: PeerName, debt: Debt): StoreOperation[] {
    this.#of(peer).set(debt.document, debt);
    this.changed.emit([debt.document]);
    return [debtRow(this.#folder, peer, debt)];
  }

  /** Whatever this one owes, it owes no more. */
  forgive(peer: PeerName): StoreOperation[] {
    const documents = this.owed(peer).map(({ document }) => document);
    this.#owed.delete(peer);
    if (documents.length > 0) this.changed.emit(documents);
    return documents.map((document) => debtPaidRow(this.#folder, peer, document));
  }

  get wantedBlobs(): ReadonlySet<BlobName> {
    return this.#wanted;
  }

  want(names: Iterable<BlobName>): StoreOperation[] {
    const rows: StoreOperation[] = [];
    for (const name of names) {
      if (this.#wanted.has(name)) continue;
      this.#wanted.add(name);
      rows.push(wantedBlobRow(this.#folder, name));
    }
    return rows;
  }

  /** A blob that was here is lost or damaged: it is wanted again. Whoever calls this commits the row. */
  miss(name: BlobName): StoreOperation[] {
    const rows = this.want([name]);
    if (rows.length > 0) this.missed.emit(name);
    return rows;
  }

  /** The blob is durable here. Whoever calls this commits the row. */
  blobFetched(name: BlobName): StoreOperation[] {
    if (!this.#wanted.delete(name)) return [];
    this.fetched.emit(name);
    return [blobFetchedRow(this.#folder, name)];
  }

  #of(peer: PeerName): Map<DocumentId, Debt> {
    let owed = this.#owed.get(peer);
    if (owed === undefined) this.#owed.set(peer, (owed = new Map()));
    return owed;
  }
}
