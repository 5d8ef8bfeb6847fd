/**
 * What peers announced and this replica has not fetched yet: documents and blobs. Kept in memory as it stands in the
 * store; every change is a row for the batch that makes it true. Announced heads count as *told of*: a deletion made
 * here names them, and an edit that is only announced already keeps its file alive.
 *
 * What is not wanted is *left*: noted as owed like everything else, so that nothing is forgotten, and not fetched before it is wanted.
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
import { type Wants, WANTS_ALL } from './wants.ts';

/** What one peer owes. */
interface Owed {
  readonly all: Map<DocumentId, Debt>;
  /** Of these, what is not to be fetched. */
  readonly left: Set<DocumentId>;
}

export class Debts {
  /** Documents whose told heads changed. */
  readonly changed: Listeners<readonly DocumentId[]> = new Listeners();
  /** A blob that was wanted is here. */
  readonly fetched: Listeners<BlobName> = new Listeners();
  /** A blob that was here is wanted again. */
  readonly missed: Listeners<BlobName> = new Listeners();
  /** Documents that somebody asks for, or that were left and are not any more. */
  readonly asked: Listeners<readonly DocumentId[]> = new Listeners();
  /** A peer was asked for this and could not give it. */
  readonly vain: Listeners<DocumentId | BlobName> = new Listeners();
  readonly #folder: FolderId;
  readonly #wants: Wants;
  readonly #owed = new Map<PeerName, Owed>();
  readonly #wanted = new Set<BlobName>();
  /** Blobs that are left, and the document whose records name them. */
  readonly #leftBlobs = new Map<BlobName, DocumentId | undefined>();

  static async load(store: Store, folder: FolderId, wants: Wants = WANTS_ALL): Promise<Debts> {
    const debts = new Debts(folder, wants);
    for await (const { name, document } of readWantedBlobs(store, folder)) debts.#note(name, document);
    for await (const { peer, debt } of readDebts(store, folder)) debts.#set(peer, debt);
    return debts;
  }

  private constructor(folder: FolderId, wants: Wants) {
    this.#folder = folder;
    this.#wants = wants;
  }

  /** What `peer` announced and is owed, wanted or left. */
  owed(peer: PeerName): Debt[] {
    return [...(this.#owed.get(peer)?.all.values() ?? [])];
  }

  owes(peer: PeerName, document: DocumentId): Debt | undefined {
    return this.#owed.get(peer)?.all.get(document);
  }

  /** What of it is to be fetched. */
  due(peer: PeerName): Debt[] {
    return this.dueCount(peer) === 0
      ? []
      : this.owed(peer).filter(({ document }) => !this.isLeft(peer, document));
  }

  dueCount(peer: PeerName): number {
    const owed = this.#owed.get(peer);
    return owed === undefined ? 0 : owed.all.size - owed.left.size;
  }

  leftCount(peer: PeerName): number {
    return this.#owed.get(peer)?.left.size ?? 0;
  }

  isLeft(peer: PeerName, document: DocumentId): boolean {
    return this.#owed.get(peer)?.left.has(document) === true;
  }

  /** Whether what is new of a document is to be stored. */
  wants(document: DocumentId): boolean {
    return this.#wants.wantsDocument(document);
  }

  /**
   * More may be wanted now: of these documents, or of any that are left. What was asked for is told of, whether it was left or is on
   * its way: it goes first. That is told later in this turn: rows of a batch that is being made may be why this is looked at, and whoever is
   * told may make another, which must not be durable before it.
   */
  look(documents?: readonly DocumentId[]): void {
    const asked = new Set(documents);
    for (const { left } of this.#owed.values()) {
      for (const document of documents ?? left) {
        if (!left.has(document) || !this.#wants.wantsDocument(document)) continue;
        left.delete(document);
        asked.add(document);
      }
    }
    const came = documents === undefined ? undefined : asked;
    for (const [name, document] of this.#leftBlobs) {
      if (came !== undefined && (document === undefined || !came.has(document))) continue;
      if (!this.#wants.wantsBlobsOf(document)) continue;
      this.#leftBlobs.delete(name);
      this.#wanted.add(name);
      this.missed.emit(name);
    }
    if (asked.size > 0) queueMicrotask(() => this.asked.emit([...asked]));
  }

  /** Documents owed to any peer. */
  get documents(): number {
    let count = 0;
    for (const { all } of this.#owed.values()) count += all.size;
    return count;
  }

  /** Heads that peers told of, stored here or not. */
  toldHeads(document: DocumentId): Heads {
    let heads = NO_HEADS;
    for (const owed of this.#owed.values()) {
      const debt = owed.all.get(document);
      if (debt !== undefined) heads = mergeHeads(heads, debt.heads);
    }
    return heads;
  }

  /** Notes debts; a document already owed is owed up to both. Returns the rows that say so. */
  owe(peer: PeerName, debts: readonly Debt[]): StoreOperation[] {
    const rows = debts.map((debt) => {
      const before = this.owes(peer, debt.document);
      const merged = before === undefined ? debt : { ...debt, heads: mergeHeads(before.heads, debt.heads) };
      this.#set(peer, merged);
      return debtRow(this.#folder, peer, merged);
    });
    if (debts.length > 0) this.changed.emit(debts.map(({ document }) => document));
    return rows;
  }

  /** The document's records are in the same batch as the row this returns. */
  pay(peer: PeerName, document: DocumentId): StoreOperation[] {
    const owed = this.#owed.get(peer);
    if (owed?.all.delete(document) !== true) return [];
    owed.left.delete(document);
    return [debtPaidRow(this.#folder, peer, document)];
  }

  /** The peer turns out to hold less than it once announced: it owes no more than this. */
  lower(peer: PeerName, debt: Debt): StoreOperation[] {
    this.#set(peer, debt);
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

  /** Blobs that are to be fetched. */
  get wantedBlobs(): ReadonlySet<BlobName> {
    return this.#wanted;
  }

  /** Blobs that records name and that are not here, because they are not wanted. */
  get leftBlobs(): number {
    return this.#leftBlobs.size;
  }

  /** Records name it and it is not here, wanted or not. */
  lacks(name: BlobName): boolean {
    return this.#wanted.has(name) || this.#leftBlobs.has(name);
  }

  get lacksAny(): boolean {
    return this.#wanted.size > 0 || this.#leftBlobs.size > 0;
  }

  /** @param document whose records name them */
  want(names: Iterable<BlobName>, document?: DocumentId): StoreOperation[] {
    const rows: StoreOperation[] = [];
    for (const name of names) {
      if (this.#wanted.has(name)) continue;
      if (this.#leftBlobs.has(name) && !this.#wants.wantsBlobsOf(document)) continue;
      this.#note(name, document);
      rows.push(wantedBlobRow(this.#folder, name, document));
    }
    return rows;
  }

  /** A reader asks for a blob that was here and is lost or damaged, or never was. Whoever calls this commits the rows. */
  miss(name: BlobName): StoreOperation[] {
    if (this.#wanted.has(name)) return [];
    const isKept = this.#leftBlobs.delete(name);
    this.#wanted.add(name);
    this.missed.emit(name);
    return isKept ? [] : [wantedBlobRow(this.#folder, name, undefined)];
  }

  /** The blob is durable here. Whoever calls this commits the row. */
  blobFetched(name: BlobName): StoreOperation[] {
    const wasLeft = this.#leftBlobs.delete(name);
    if (!this.#wanted.delete(name) && !wasLeft) return [];
    this.fetched.emit(name);
    return [blobFetchedRow(this.#folder, name)];
  }

  #note(name: BlobName, document: DocumentId | undefined): void {
    if (!this.#wants.wantsBlobsOf(document)) {
      this.#leftBlobs.set(name, document);
      return;
    }
    this.#leftBlobs.delete(name);
    this.#wanted.add(name);
  }

  #set(peer: PeerName, debt: Debt): void {
    let owed = this.#owed.get(peer);
    if (owed === undefined) this.#owed.set(peer, (owed = { all: new Map(), left: new Set() }));
    owed.all.set(debt.document, debt);
    if (this.#wants.wantsDocument(debt.document)) owed.left.delete(debt.document);
    else owed.left.add(debt.document);
  }
}
