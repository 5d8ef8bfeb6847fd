/**
 * The documents that programs have open. Whoever opens one that is open gets the same document.
 *
 * Invariant. Whoever reads a document together with its heads asks `record` first: what is in memory, and what its heads say, are
 * the same then. Otherwise a disk would be believed to show less than it does, and the next save of it would write that twice.
 */
import type * as Y from 'yjs';
import { type DocumentId, documentOf, type NodeId } from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import { rootText } from '../model/index.ts';
import type { Documents } from './documents.ts';
import { LiveDocument, type LiveOptions } from './live-document.ts';
import type { LocalRecords } from './local-records.ts';
import type { DocumentPresence } from './presence/document-presence.ts';
import type { FolderPresence } from './presence/folder-presence.ts';

/** A document that is open to be changed. */
export interface OpenDocument {
  /**
   * What is changed in it is recorded by itself, and what others write appears in it. It is shared and goes on being used: leave its
   * `clientID` alone, and do not destroy it.
   */
  readonly doc: Y.Doc;
  /**
   * Who else has it open, here and elsewhere, and where: for the binding of an editor. It is shared, told to others while a link
   * is up, forgotten 30 seconds after somebody fell silent, and never stored. Anybody who may read the folder can claim anything in it.
   */
  readonly awareness: DocumentPresence['awareness'];
  /**
   * Resolves, with why, when what is typed is not kept any more: the store failed (STORE_FAILED), the replica was closed
   * (STORE_CLOSED), or more was put in at once than a record takes (CONTENT_TOO_LARGE). The document is of no use then.
   */
  readonly failed: Promise<EvermeshError>;
  /** Resolves when everything typed so far survives a power cut here. @throws what `failed` says */
  flush(): Promise<void>;
  /** Lets go of the document. What was typed is kept. */
  close(): void;
  [Symbol.dispose](): void;
}

/** A file that is open to be edited: its document is for the binding of an editor. */
export interface OpenFile extends OpenDocument {
  readonly id: NodeId;
  /** The characters of the file. */
  readonly text: Y.Text;
}

interface Held {
  readonly live: LiveDocument;
  readonly presence: DocumentPresence;
  holders: number;
}

export class LiveDocuments {
  readonly #documents: Documents;
  readonly #presence: FolderPresence;
  readonly #options: LiveOptions;
  readonly #held = new Map<DocumentId, Held>();

  constructor(documents: Documents, presence: FolderPresence, options: LiveOptions) {
    this.#documents = documents;
    this.#presence = presence;
    this.#options = options;
  }

  /** @param id a file whose first content is here */
  async openFile(id: NodeId): Promise<OpenFile> {
    const open = await this.open(documentOf(id));
    return { ...open, id, text: rootText(open.doc) };
  }

  async open(document: DocumentId): Promise<OpenDocument> {
    let doc = await this.#documents.hold(document);
    // The last that had it open may have closed it just now.
    while (!this.#documents.isCurrent(document, doc)) doc = await this.#documents.hold(document);
    let held = this.#held.get(document);
    if (held === undefined) held = this.#begin(document, doc);
    // One hold for all that have it open.
    else this.#documents.release(document, doc);
    held.holders += 1;
    const { live } = held;
    let isOpen = true;
    const close = (): void => {
      if (isOpen) this.#letGo(document, live);
      isOpen = false;
    };
    return {
      doc,
      awareness: held.presence.awareness,
      failed: live.failed,
      flush: () => live.flush(),
      close,
      [Symbol.dispose]: close,
    };
  }

  isOpen(document: DocumentId): boolean {
    return this.#held.has(document);
  }

  /** What was typed into a document, or into any, and has no record gets one now. */
  record(document?: DocumentId): void {
    if (this.#held.size === 0) return;
    const all = document === undefined ? [...this.#held.values()] : [this.#held.get(document)];
    for (const held of all) held?.live.record();
  }

  /**
   * Whether something was typed into a document since an operation began, by who was told of a part of it. What the operation writes there
   * builds on that, so it comes along in these records; and nobody else was shown it.
   * @throws CONTENT_TOO_LARGE if it needs a record of its own
   */
  takeInto(records: LocalRecords, document: DocumentId): boolean {
    const typed = this.#held.get(document)?.live.take();
    if (typed !== undefined) records.add(document, typed);
    return typed !== undefined;
  }

  /** Resolves when the store shows all that was typed into a document, or recorded of it, so far. */
  async settled(document: DocumentId): Promise<void> {
    const { log } = this.#options;
    this.record(document);
    if (log.isWriting(document)) await log.idle();
  }

  /** The folder closes: what is typed from now on is lost, and whoever types is told. */
  close(): void {
    const closed = new EvermeshError('STORE_CLOSED', 'The replica was closed.');
    for (const { live } of [...this.#held.values()]) live.fail(closed);
  }

  #begin(document: DocumentId, doc: Y.Doc): Held {
    const live = new LiveDocument(document, doc, this.#options);
    const held = { live, presence: this.#presence.enter(document, doc), holders: 0 };
    this.#held.set(document, held);
    void live.failed.then(() => this.#end(document, held));
    return held;
  }

  #letGo(document: DocumentId, live: LiveDocument): void {
    const held = this.#held.get(document);
    if (held?.live !== live) return;
    held.holders -= 1;
    if (this.#options.writing() === undefined) this.#endUnheld(document, held);
    // In the middle of an operation nothing is recorded.
    else queueMicrotask(() => this.#endUnheld(document, held));
  }

  #endUnheld(document: DocumentId, held: Held): void {
    if (held.holders > 0) return;
    held.live.record();
    held.live.stop();
    this.#end(document, held);
  }

  #end(document: DocumentId, held: Held): void {
    if (this.#held.get(document) !== held) return;
    this.#held.delete(document);
    this.#presence.leave(document, held.presence);
    // Whoever goes on typing types into a document that is nobody else's: what has no record must not be built on.
    this.#documents.retire(document, held.live.doc);
  }
}
