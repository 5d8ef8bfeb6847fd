/**
 * The document that the state which came last is of. It was built to see whether it is one, and who fetches a document mostly opens
 * it next: so it is not built a second time. No more than one is kept, since nobody may ever open it.
 */
import type * as Y from 'yjs';
import type { DocumentId } from '../base/index.ts';
import type { DocumentIndex, LogEntry } from '../log/index.ts';
import { wholeDocument } from '../model/index.ts';

export class FetchedState {
  #body: Uint8Array | undefined;
  #doc: Y.Doc | undefined;
  /** Where it is in the log, once it is. */
  #seq: number | undefined;

  /** @throws UPDATE_MALFORMED if this is not the state of a document, whole */
  check(body: Uint8Array): void {
    this.#doc = wholeDocument(body);
    this.#body = body;
    this.#seq = undefined;
  }

  /** Records of others that are durable now. What somebody has open already takes the state in as it is. */
  stored(entries: readonly LogEntry[], isOpen: (document: DocumentId) => boolean): void {
    const entry = entries.find(({ record }) => record.body === this.#body);
    if (entry === undefined) return;
    if (isOpen(entry.record.header.document)) this.#forget();
    else this.#seq = entry.seq;
  }

  /** The document with this entry in the log's index, if the state is all that the log has of it. Whoever takes it has it alone. */
  take(index: DocumentIndex | undefined): Y.Doc | undefined {
    const doc = this.#doc;
    if (doc === undefined || this.#seq === undefined || index?.lastSeq !== this.#seq || index.records !== 1)
      return undefined;
    doc.guid = index.document;
    this.#forget();
    return doc;
  }

  #forget(): void {
    this.#body = undefined;
    this.#doc = undefined;
    this.#seq = undefined;
  }
}
