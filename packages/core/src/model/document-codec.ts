/** What the log is handed to compact documents with. */
import type * as Y from 'yjs';
import type { BodyCodec, BodyFold } from '../log/index.ts';
import { applyBody, newDocument } from './body-codec.ts';
import { DocumentHistory } from './document-history.ts';
import { applyDocumentState, applySnapshotBody, encodeDocumentState, isWhole } from './document-state.ts';

/** Folds bodies through a document that is thrown away: what was deleted, and what is between two edits, is not in a state. */
export const documentCodec: BodyCodec = {
  fold(state) {
    const doc = newDocument('', 0, true);
    if (state !== undefined) applyDocumentState(doc, state, undefined);
    return new DocumentFold(doc);
  },
  history: () => new DocumentHistory(),
};

class DocumentFold implements BodyFold {
  readonly #doc: Y.Doc;

  constructor(doc: Y.Doc) {
    this.#doc = doc;
  }

  /** One transaction: ending one for each body would cost more than applying it. */
  add(bodies: readonly Uint8Array[]): void {
    this.#doc.transact(() => {
      for (const body of bodies) applyBody(this.#doc, body, undefined);
    });
  }

  addState(state: Uint8Array): void {
    applySnapshotBody(this.#doc, state, undefined);
  }

  finish(): Uint8Array | undefined {
    const state = isWhole(this.#doc) ? encodeDocumentState(this.#doc) : undefined;
    this.#doc.destroy();
    return state;
  }
}
