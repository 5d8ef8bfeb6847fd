/** Who is where in the documents of a folder that are open here, for links to tell and to hear. */
import type * as Y from 'yjs';
import { type Clock, type DocumentId, Listeners } from '../../base/index.ts';
import type { DocumentState, SharedPresence } from '../../sync/index.ts';
import { DocumentPresence } from './document-presence.ts';

export class FolderPresence implements SharedPresence {
  readonly told: Listeners<DocumentState> = new Listeners();
  readonly #clock: Clock;
  readonly #open = new Map<DocumentId, DocumentPresence>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  *states(): Iterable<DocumentState> {
    for (const [document, presence] of this.#open) yield { document, state: presence.state() };
  }

  /** Of a document that nobody has open here nothing is kept. */
  heard({ document, state }: DocumentState): void {
    this.#open.get(document)?.heard(state);
  }

  /** The document is open from now on, until what is returned is closed. */
  enter(document: DocumentId, doc: Y.Doc): DocumentPresence {
    const tell = (state: Uint8Array): void => this.told.emit({ document, state });
    const presence = new DocumentPresence(doc, this.#clock, tell);
    this.#open.set(document, presence);
    return presence;
  }

  leave(document: DocumentId, presence: DocumentPresence): void {
    if (this.#open.get(document) === presence) this.#open.delete(document);
    presence.close();
  }
}
