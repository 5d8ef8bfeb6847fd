/**
 * The folder's Yjs documents. A document is built when somebody needs it, from its state if it is compacted, and the records
 * behind that; a few stay in memory, and what arrives for those is applied to them. A closed file costs nothing here.
 */
import type * as Y from 'yjs';
import { type AuthorId, type DocumentId, type Random, random53 } from '../base/index.ts';
import {
  type DocumentState,
  type FolderLog,
  type HistoryStep,
  type HistoryUpdate,
  isReadable,
  type LogEntry,
} from '../log/index.ts';
import {
  applyBody,
  applyDocumentState,
  applySnapshotBody,
  type FirstContent,
  firstContentOf,
  newDocument,
} from '../model/index.ts';
import { isEvermeshError } from '../errors/index.ts';
import { FetchedState } from './fetched-state.ts';
import { noVersion } from './no-version.ts';
import {
  commonHeads,
  covers,
  equalHeads,
  type Heads,
  isHeld,
  isSnapshot,
  type LogRecord,
  NO_HEADS,
  raiseBy,
  raiseHead,
} from '../protocol/index.ts';

/** The origin of transactions that apply records: whatever has another origin was done here. */
const FROM_LOG = Symbol('from the log');

/** Whether a transaction with this origin applied records. */
export const isFromLog = (origin: unknown): boolean => origin === FROM_LOG;

/** How many documents stay in memory when nobody uses them. */
const IDLE_LIMIT = 64;

/**
 * Nobody's `clientID`. Where records come in that were written under the document's own one, Yjs takes that for a clash, says so on
 * the console, and draws another by itself: the document has its own when all of them are in.
 */
const READING = 0;

interface Open {
  readonly doc: Y.Doc;
  /** What the document's own `clientID` is, once it was read. */
  readonly clientId: number;
  /** What was stored while the document was being read. */
  readonly missed: LogEntry[];
  ready: Promise<Y.Doc> | undefined;
  /** How many hold it: a document somebody is about to write must not be built a second time beside it. */
  holds: number;
}

/** What a document was built without. */
export interface Damage {
  /** A record that cannot be applied harms its document only. */
  record(document: DocumentId, author: AuthorId, counter: number, error: unknown): void;
  /** A state that cannot be read harms nobody: all records are there. */
  state(document: DocumentId, error: unknown): void;
}

export class Documents {
  readonly #log: FolderLog;
  readonly #author: AuthorId;
  readonly #random: Random;
  readonly #open = new Map<DocumentId, Open>();
  /** Of documents written in this run: a `clientID` belongs to one run and never begins anew. */
  readonly #clientIds = new Map<DocumentId, number>();
  readonly #damage: Damage;
  readonly #fetched: FetchedState = new FetchedState();

  /** @param author who writes here */
  constructor(log: FolderLog, author: AuthorId, random: Random, damage: Damage) {
    this.#log = log;
    this.#author = author;
    this.#random = random;
    this.#damage = damage;
    // What had to stay because it was not durable may go now.
    log.appended.add(() => this.#evict());
  }

  /** The document in its newest state, what was done here and is not durable yet included. */
  async newest(document: DocumentId): Promise<Y.Doc> {
    const known = this.#open.get(document);
    if (known !== undefined) {
      // Used again: last in the order of eviction.
      this.#open.delete(document);
      this.#open.set(document, known);
      return known.ready ?? known.doc;
    }
    // What is on its way to the disk may be more than that.
    const fetched = this.#isDurable(document) ? this.#fetched.take(this.#log.document(document)) : undefined;
    const doc = fetched ?? newDocument(document, READING, true);
    const clientId = this.#clientIds.get(document) ?? random53(this.#random);
    const opening: Open = { doc, clientId, missed: [], ready: undefined, holds: 0 };
    this.#open.set(document, opening);
    if (fetched === undefined) opening.ready = this.#fill(document, opening);
    else doc.clientID = clientId;
    this.#evict();
    return opening.ready ?? doc;
  }

  /** What the document holds if that is its first content and it is not in memory: read without building it. */
  async firstContent(document: DocumentId): Promise<FirstContent | undefined> {
    const index = this.#log.document(document);
    if (index?.records !== 1 || this.#open.has(document)) return undefined;
    // The store does not show what was recorded behind it and is not durable yet.
    if (!this.#isDurable(document)) return undefined;
    const stored = await this.#log.read.record(document, index.lastSeq);
    const isFirst = stored !== undefined && isReadable(stored.record.header) && !isSnapshot(stored.record);
    return isFirst ? firstContentOf(stored.record.body) : undefined;
  }

  /** The newest state, to write to, kept in memory until `release`. Whoever waited asks before he writes whether it is current. */
  async hold(document: DocumentId): Promise<Y.Doc> {
    const reading = this.newest(document);
    const open = this.#open.get(document);
    if (open !== undefined) {
      open.holds += 1;
      this.#clientIds.set(document, open.ready === undefined ? open.doc.clientID : open.clientId);
    }
    return reading;
  }

  release(document: DocumentId, doc: Y.Doc): void {
    const open = this.#open.get(document);
    if (open?.doc === doc && open.holds > 0) open.holds -= 1;
  }

  /** Whoever needs the document next gets another one, built anew, and whoever holds this one must not write to it any more. */
  retire(document: DocumentId, doc: Y.Doc): void {
    if (this.isCurrent(document, doc)) this.#open.delete(document);
  }

  /** Whether this is the document that everybody gets. One that somebody holds is, unless it is retired. */
  isCurrent(document: DocumentId, doc: Y.Doc): boolean {
    return this.#open.get(document)?.doc === doc;
  }

  /**
   * The document as it was when its heads were these, or the newest one if they still are.
   * @throws VERSION_NOT_FOUND if something of that is kept only as part of what came later
   */
  async at(document: DocumentId, heads: Heads): Promise<Y.Doc> {
    if (equalHeads(heads, this.heldHeads(document))) return this.newest(document);
    // The store does not show what is not durable yet.
    if (!covers(this.#durableHeads(document), heads)) await this.#log.idle();
    const doc = newDocument(document, random53(this.#random), true);
    const state = await this.#state(document);
    // What was seen then may be less than what the state stands for: the records are asked.
    const start = state !== undefined && covers(heads, state.covers) ? state : undefined;
    const reached = new Map(start?.covers);
    if (start === undefined) {
      for await (const step of this.#log.read.history(document)) {
        if (!covers(heads, step.brings)) continue;
        this.#applyStep(document, doc, step);
        for (const [author, counter] of step.brings) raiseHead(reached, author, counter);
      }
    } else {
      applyDocumentState(doc, start.body, FROM_LOG);
      // Records behind the state may have gone since it was read: then a later state stands for them.
      for await (const { record } of this.#log.read.document(document, NO_HEADS, start)) {
        if (!isHeld(heads, record.header)) continue;
        this.#apply(doc, record);
        raiseBy(reached, record.header);
      }
    }
    // What is lost is waited for, and is in nothing that is here.
    if (!covers(reached, commonHeads(heads, this.#durableHeads(document)))) throw noVersion();
    return doc;
  }

  /**
   * What of a document is in memory, if it is there: what others wrote as soon as it is durable, what was recorded here at once.
   */
  heldHeads(document: DocumentId): Heads {
    const durable = this.#durableHeads(document);
    const own = this.#log.assignedHeads(document).get(this.#author);
    return own === undefined || own === durable.get(this.#author)
      ? durable
      : new Map(durable).set(this.#author, own);
  }

  /** The states a document went through here, oldest first: the same `doc`, before each further step. */
  history(document: DocumentId): AsyncGenerator<{ readonly doc: Y.Doc; readonly step: HistoryStep }> {
    return this.replay(document, this.#log.read.history(document));
  }

  /** The states that these steps of a document lead through. */
  async *replay(
    document: DocumentId,
    steps: AsyncIterable<HistoryStep>,
  ): AsyncGenerator<{ readonly doc: Y.Doc; readonly step: HistoryStep }> {
    const doc = newDocument(document, random53(this.#random), true);
    for await (const step of steps) {
      this.#applyStep(document, doc, step);
      yield { doc, step };
    }
  }

  /** Looks whether this is the state of a document, whole. @throws UPDATE_MALFORMED */
  checkState(body: Uint8Array): void {
    this.#fetched.check(body);
  }

  /** Records of others that are durable now. */
  received(entries: readonly LogEntry[]): void {
    this.#fetched.stored(entries, (document) => this.#open.has(document));
    for (const entry of entries) {
      const open = this.#open.get(entry.record.header.document);
      if (open === undefined) continue;
      if (open.ready === undefined) this.#apply(open.doc, entry.record);
      else open.missed.push(entry);
    }
  }

  async #fill(document: DocumentId, opening: Open): Promise<Y.Doc> {
    try {
      // The store does not show what is not durable yet. What a document was made with here is in nobody's memory meanwhile.
      while (!this.#isDurable(document)) await this.#log.idle();
      const state = await this.#state(document);
      if (state !== undefined) applyDocumentState(opening.doc, state.body, FROM_LOG);
      for await (const { record } of this.#log.read.document(document, NO_HEADS, state))
        this.#apply(opening.doc, record);
      for (const { record } of opening.missed.splice(0)) this.#apply(opening.doc, record);
      opening.doc.clientID = opening.clientId;
      opening.ready = undefined;
      return opening.doc;
    } catch (error) {
      this.#open.delete(document);
      throw error;
    }
  }

  async #state(document: DocumentId): Promise<DocumentState | undefined> {
    try {
      return await this.#log.read.state(document);
    } catch (error) {
      if (!isEvermeshError(error, 'STORE_CORRUPT')) throw error;
      this.#damage.state(document, error);
      return undefined;
    }
  }

  #apply(doc: Y.Doc, record: LogRecord): void {
    const { author, counter, document } = record.header;
    if (!isReadable(record.header)) return;
    try {
      applyUpdate(doc, { kind: record.header.kind, body: record.body });
    } catch (error) {
      this.#damage.record(document, author, counter, error);
    }
  }

  #applyStep(document: DocumentId, doc: Y.Doc, { brings, updates }: HistoryStep): void {
    try {
      for (const update of updates) applyUpdate(doc, update);
    } catch (error) {
      const [[author, counter]] = brings as Iterable<[AuthorId, number]> as [[AuthorId, number]];
      this.#damage.record(document, author, counter, error);
    }
  }

  /** A document with records that are not durable yet stays: the store could not rebuild it. */
  #evict(): void {
    for (const [document, open] of this.#open) {
      if (this.#open.size <= IDLE_LIMIT) return;
      if (open.holds === 0 && open.ready === undefined && this.#isDurable(document))
        this.#open.delete(document);
    }
  }

  #isDurable(document: DocumentId): boolean {
    return equalHeads(this.#durableHeads(document), this.#log.assignedHeads(document));
  }

  #durableHeads(document: DocumentId): Heads {
    return this.#log.document(document)?.heads ?? NO_HEADS;
  }
}

function applyUpdate(doc: Y.Doc, { kind, body }: HistoryUpdate): void {
  if (kind === 'snapshot') applySnapshotBody(doc, body, FROM_LOG);
  else applyBody(doc, body, FROM_LOG);
}
