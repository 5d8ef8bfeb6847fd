/**
 * Turns what one operation changed in documents into records: one a document, one atomic group together. Numbers are
 * given when the records are made, so making and appending them must not be torn apart by an `await`.
 */
import * as Y from 'yjs';
import type { AuthorId, BlobName, Clock, DocumentId } from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import type { FolderLog } from '../log/index.ts';
import { clocksOf, encodeBody } from '../model/index.ts';
import { type LogRecord, makeRecord } from '../protocol/index.ts';

/** The source that a folder names for its own appends. */
export const LOCAL: symbol = Symbol('done here');

/**
 * A log takes the records that are about to be written only if nothing in it claims to stand for them.
 * @throws DEVICE_FORKED
 */
export function checkNumbers(log: FolderLog, author: AuthorId, documents: readonly DocumentId[]): void {
  const last = log.lastCounter(author);
  for (const document of documents) {
    if ((log.assignedHeads(document).get(author) ?? 0) <= last) continue;
    throw new EvermeshError(
      'DEVICE_FORKED',
      'A record of another device claims to stand for what this run has yet to write. Open the folder anew.',
      { details: { document } },
    );
  }
}

interface Change {
  /** Which of the records it becomes. */
  readonly place: number;
  readonly updates: Uint8Array[];
  readonly blobs: Set<BlobName>;
}

export class LocalRecords {
  readonly #log: FolderLog;
  readonly #author: AuthorId;
  readonly #clock: Clock;
  readonly #changes = new Map<DocumentId, Change>();
  /** Documents that the records taken so far belong to. */
  readonly wrote: Set<DocumentId> = new Set();
  readonly #captured = new Set<DocumentId>();

  constructor(log: FolderLog, author: AuthorId, clock: Clock) {
    this.#log = log;
    this.#author = author;
    this.#clock = clock;
  }

  add(document: DocumentId, update: Uint8Array, blobs: readonly BlobName[] = []): void {
    let change = this.#changes.get(document);
    if (change === undefined) {
      change = { place: this.#changes.size, updates: [], blobs: new Set() };
      this.#changes.set(document, change);
    }
    change.updates.push(update);
    for (const name of blobs) change.blobs.add(name);
  }

  /** The number that the record of this document is going to have, if there is one. */
  counterOf(document: DocumentId): number | undefined {
    const change = this.#changes.get(document);
    return change && this.#log.lastCounter(this.#author) + 1 + change.place;
  }

  /** What was added of this document names these blobs as well. */
  names(document: DocumentId, blobs: readonly BlobName[]): void {
    for (const name of blobs) this.#changes.get(document)?.blobs.add(name);
  }

  /** Runs `write` and takes along what it changes in `doc`. */
  capture<T>(document: DocumentId, doc: Y.Doc, write: () => T, blobs: readonly BlobName[] = []): T {
    const collect = (update: Uint8Array): void => this.add(document, update, blobs);
    doc.on('update', collect);
    this.#captured.add(document);
    try {
      return write();
    } finally {
      this.#captured.delete(document);
      doc.off('update', collect);
    }
  }

  /** Whether what is changed in this document at present is taken along. */
  captures(document: DocumentId): boolean {
    return this.#captured.has(document);
  }

  /** The records, files' before the tree's: whoever reads them in order knows a file's content when it meets the file. */
  take(): LogRecord[] {
    const first = this.#log.lastCounter(this.#author) + 1;
    const size = this.#changes.size;
    const time = this.#clock.now();
    let counter = first;
    const records = [...this.#changes].map(([document, { updates, blobs }]) => {
      this.wrote.add(document);
      const [only] = updates;
      const body = encodeBody(only !== undefined && updates.length === 1 ? only : Y.mergeUpdates(updates));
      return makeRecord({
        folder: this.#log.folder,
        document,
        author: this.#author,
        counter: counter++,
        prev: this.#log.assignedHeads(document).get(this.#author) ?? 0,
        time,
        clocks: clocksOf(body),
        group: size > 1 ? { first, size } : undefined,
        blobs: [...blobs],
        body,
      });
    });
    this.#changes.clear();
    return records;
  }
}
