/**
 * A document that a program has open: an editor types into a file's `Y.Doc` itself, and what it typed becomes records. All that is
 * typed while a record is on its way to the disk shares the next one.
 */
import type * as Y from 'yjs';
import type { AuthorId, Clock, DocumentId } from '../base/index.ts';
import { EvermeshError, isEvermeshError } from '../errors/index.ts';
import { type FolderLog, storeError } from '../log/index.ts';
import { UnrecordedEdits } from '../model/index.ts';
import { LIMITS } from '../protocol/index.ts';
import { isFromLog } from './documents.ts';
import { checkNumbers, LOCAL, LocalRecords } from './local-records.ts';

/** Characters and deletions that one record takes: what each of them adds to it is at most a few dozen bytes. */
const AT_ONCE = 262_144;

export interface LiveOptions {
  readonly log: FolderLog;
  readonly author: AuthorId;
  readonly clock: Clock;
  /** The records of the operation that is under way: it takes along what it changes itself, and nothing is recorded in the middle of it. */
  readonly writing: () => LocalRecords | undefined;
  /** This document was changed here. */
  readonly changed: (document: DocumentId) => void;
}

export class LiveDocument {
  readonly doc: Y.Doc;
  /** Resolves, with why, when what is typed is not kept any more. */
  readonly failed: Promise<EvermeshError>;
  readonly #document: DocumentId;
  readonly #options: LiveOptions;
  readonly #edits: UnrecordedEdits;
  #tellFailure: (why: EvermeshError) => void = () => undefined;
  #failure: EvermeshError | undefined;
  /** Records are written as long as something is typed. */
  #isWriting = false;
  /** The record given to the log last. */
  #durable: Promise<void> = Promise.resolve();

  constructor(document: DocumentId, doc: Y.Doc, options: LiveOptions) {
    this.#document = document;
    this.doc = doc;
    this.#options = options;
    this.failed = new Promise((resolve) => {
      this.#tellFailure = resolve;
    });
    const isTaken = (): boolean => options.writing()?.captures(document) === true;
    this.#edits = new UnrecordedEdits(doc, ({ origin }) => !isFromLog(origin) && !isTaken());
    doc.on('afterAllTransactions', this.#typed);
  }

  /** What was typed and has no record gets one now; in the middle of an operation, once that is done. */
  record(): void {
    if (this.#isOperating || this.#edits.isEmpty || this.#failure !== undefined) return;
    const { log, author, clock, changed } = this.#options;
    try {
      checkNumbers(log, author, [this.#document]);
      const records = new LocalRecords(log, author, clock);
      records.add(this.#document, this.#edits.take());
      const taken = records.take();
      if (taken.some(({ body }) => body.byteLength > LIMITS.recordBytes)) throw tooMuch();
      this.#durable = log.append(taken, { source: LOCAL }).durable;
    } catch (error) {
      this.fail(error);
      return;
    }
    this.#durable.catch((error: unknown) => this.fail(error));
    changed(this.#document);
  }

  /**
   * What was typed and has no record, as an update for a record that is being made; `undefined` if there is nothing.
   * @throws CONTENT_TOO_LARGE: it needs one of its own
   */
  take(): Uint8Array | undefined {
    if (this.#edits.isEmpty || this.#failure !== undefined) return undefined;
    if (this.#edits.length >= AT_ONCE) throw tooMuch();
    return this.#edits.take();
  }

  get #isOperating(): boolean {
    return this.#options.writing() !== undefined;
  }

  /** Resolves when everything typed so far survives a power cut. @throws what `failed` says */
  async flush(): Promise<void> {
    // Who asks in the middle of an operation was told of a part of it.
    if (this.#isOperating) await Promise.resolve();
    this.record();
    if (this.#failure === undefined) await this.#durable;
    // An operation may have taken along what was typed.
    const { log } = this.#options;
    if (this.#failure === undefined && log.isWriting(this.#document)) await log.idle();
    if (this.#failure !== undefined) throw this.#failure;
  }

  fail(why: unknown): void {
    if (this.#failure !== undefined) return;
    this.#failure = isEvermeshError(why) ? why : storeError(why);
    this.stop();
    this.#tellFailure(this.#failure);
  }

  /** Nothing typed from now on is taken. */
  stop(): void {
    this.doc.off('afterAllTransactions', this.#typed);
    this.#edits.stop();
  }

  readonly #typed = (): void => {
    // Whoever is told of what an operation changes may type into another document, in the middle of it.
    if (this.#edits.length >= AT_ONCE && !this.#isOperating) this.record();
    else if (!this.#isWriting && !this.#edits.isEmpty) void this.#write();
  };

  async #write(): Promise<void> {
    this.#isWriting = true;
    // One turn later, so that everything the current turn types shares a record.
    await Promise.resolve();
    while (!this.#edits.isEmpty && this.#failure === undefined) {
      this.record();
      await this.#durable.catch(() => undefined);
    }
    this.#isWriting = false;
  }
}

const tooMuch = (): EvermeshError =>
  new EvermeshError('CONTENT_TOO_LARGE', 'More was put into the document at once than a record takes.');
