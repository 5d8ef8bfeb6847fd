/**
 * A folder's log: the append-only order of its records, the same code in a device's replica and in a relay.
 *
 * Invariants. A record is taken only after its author's previous one in the same document, so what a log holds of an
 * author is always a prefix. A `seq` is given in memory at once but shown to nobody before it is durable: what readers
 * see (`position`, `document`, `documents`) moves only when a synced batch has ended. Records, their index entries and
 * whatever the caller commits beside them are one batch.
 */
import {
  type AuthorId,
  type DocumentId,
  type Epoch,
  type FolderId,
  Listeners,
  newEpoch,
  type Random,
} from '../base/index.ts';
import {
  encodeRecord,
  type Heads,
  isHeld,
  type LogRecord,
  NO_HEADS,
  type Position,
  raiseHead,
  Writer,
} from '../protocol/index.ts';
import { checkAdmission } from './admission.ts';
import { atomicGroups } from './atomic-groups.ts';
import type { Committer } from './committer.ts';
import { type DocumentIndex, emptyIndex, encodeIndex, indexAfter } from './document-index.ts';
import { documentKey, logKey, orderKey, recordKey } from './keys.ts';
import { encodeLogState, loadLog, type LoadedLog } from './load-log.ts';
import { LogReader } from './log-reader.ts';
import type { Replacement } from './replacement.ts';
import { nextDigest } from './running-digest.ts';
import type { Store, StoreOperation } from './store.ts';

/** A record with its place in this log. */
export interface LogEntry extends Position {
  readonly record: LogRecord;
  /** The record as stored and sent. */
  readonly bytes: Uint8Array;
}

/** What became of one record given to `append`. */
export type Outcome =
  | { readonly type: 'stored'; readonly entry: LogEntry }
  /** Held already: its counter, or what it covers, is at or below the document's heads. */
  | { readonly type: 'repeat' }
  /** Its predecessor is missing; nothing of its group was stored. */
  | { readonly type: 'gap'; readonly document: DocumentId; readonly heads: Heads };

export interface Appended {
  readonly entries: readonly LogEntry[];
  /** Whatever the caller of `append` named as the source, so that it can tell its own records. */
  readonly source: unknown;
}

export interface AppendOptions {
  /** Rows committed in the same batch, whatever the outcomes; a function sees the outcomes first. */
  readonly beside?: readonly StoreOperation[] | ((outcomes: readonly Outcome[]) => readonly StoreOperation[]);
  readonly source?: unknown;
}

export interface AppendResult {
  readonly outcomes: readonly Outcome[];
  /**
   * Resolves when everything stored, and everything beside it, survives a power cut. Rejects with what `beside` threw:
   * the records are stored then, and nothing beside them.
   */
  readonly durable: Promise<void>;
}

type Rows = { readonly rows: readonly StoreOperation[] } | { readonly thrown: unknown };

export interface LogOptions {
  readonly store: Store;
  readonly committer: Committer;
  readonly folder: FolderId;
  readonly random: Random;
  /** Draw a new epoch: this log may have been rolled back, so no reader's cursor in it counts any more. */
  readonly renewEpoch?: boolean;
}

export class FolderLog {
  readonly folder: FolderId;
  readonly epoch: Epoch;
  readonly read: LogReader;
  /** Durable appends, in the log's order. */
  readonly appended: Listeners<Appended> = new Listeners();
  readonly #committer: Committer;
  readonly #documents: Map<DocumentId, DocumentIndex>;
  /** Entries that are assigned and not durable yet, by document. */
  readonly #assigned = new Map<DocumentId, DocumentIndex>();
  /** Entries that go with the next batch. */
  readonly #changed = new Map<DocumentId, DocumentIndex>();
  readonly #assignedHeads: Map<AuthorId, number>;
  #assignedPosition: Position;
  #position: Position;

  static async open(options: LogOptions): Promise<FolderLog> {
    const loaded = await loadLog(options.store, options.folder, options.random);
    const epoch = options.renewEpoch === true ? newEpoch(options.random) : loaded.epoch;
    if (epoch !== loaded.epoch) {
      const value = encodeLogState({ epoch, position: loaded.position });
      await options.committer.commit([{ type: 'put', key: logKey(options.folder), value }]);
    }
    return new FolderLog(options, { ...loaded, epoch });
  }

  private constructor(options: LogOptions, loaded: LoadedLog) {
    this.folder = options.folder;
    this.epoch = loaded.epoch;
    this.read = new LogReader(options.store, options.folder, (document) => this.#documents.get(document));
    this.#committer = options.committer;
    this.#documents = loaded.documents;
    this.#assignedHeads = loaded.heads;
    this.#assignedPosition = loaded.position;
    this.#position = loaded.position;
  }

  /** The place of the last durable record. */
  get position(): Position {
    return this.#position;
  }

  /** What is durable of a document. */
  document(document: DocumentId): DocumentIndex | undefined {
    return this.#documents.get(document);
  }

  /** What is durable of each document. */
  documents(): IterableIterator<DocumentIndex> {
    return this.#documents.values();
  }

  /** What is held of a document, durable or not yet. */
  assignedHeads(document: DocumentId): Heads {
    return (this.#assigned.get(document) ?? this.#documents.get(document))?.heads ?? NO_HEADS;
  }

  /** The counter of the author's last record here, durable or not yet; what a snapshot stands for may count only when opened again. */
  lastCounter(author: AuthorId): number {
    return this.#assignedHeads.get(author) ?? 0;
  }

  /**
   * Takes records in the order given. Records of one atomic group must come together: if one of them has a gap, none is
   * stored. Assigning is synchronous, so the order of calls is the order of the log.
   * @throws RECORD_MALFORMED, with nothing stored, if one belongs to another folder or its document would have too many authors
   */
  append(records: readonly LogRecord[], options: AppendOptions = {}): AppendResult {
    checkAdmission(records, this.folder, (document) => this.assignedHeads(document));
    const outcomes: Outcome[] = [];
    for (const group of atomicGroups(records)) outcomes.push(...this.#appendGroup(group));
    const entries: LogEntry[] = [];
    for (const outcome of outcomes) if (outcome.type === 'stored') entries.push(outcome.entry);
    const beside = besideOf(options.beside ?? [], outcomes);
    const indexes = this.#assignedTo(entries);
    const position = this.#assignedPosition;
    const rows = this.#rows(entries);
    for (const index of indexes) this.#changed.set(index.document, index);
    if ('rows' in beside) for (const row of beside.rows) rows.push(row);
    const shared = entries.length === 0 ? undefined : this.#sharedRows;
    const durable = this.#committer.commit(rows, shared).then(() => {
      this.#publish(indexes, position);
      if (entries.length > 0) this.appended.emit({ entries, source: options.source });
      if ('thrown' in beside) throw beside.thrown;
    });
    return { outcomes, durable };
  }

  /**
   * Commits rows of a document that say the same as others, then its index entry, then that the others go: a store that tears a
   * batch has both. What was given to `append` before keeps its place in the entry. Resolves when all that is durable.
   */
  replace(document: DocumentId, replacement: Replacement): Promise<void> {
    const { puts, removed, compacted, lessBytes = 0 } = replacement;
    const before = this.#assigned.get(document) ?? this.#documents.get(document) ?? emptyIndex(document);
    const index = { ...before, compacted, bytes: before.bytes - lessBytes };
    this.#assigned.set(document, index);
    // The entry has its place among these rows. One from before would stand behind it, and not know of them.
    this.#changed.delete(document);
    // The last first: what a torn batch leaves of them stands in front of what has them all.
    const removals = removed.toReversed().map((key) => ({ type: 'del' as const, key }));
    const rows = [...puts, putIndex(this.folder, index), ...removals];
    const position = this.#assignedPosition;
    return this.#committer.commit(rows).then(() => {
      this.#publish([index], position);
      if (lessBytes !== 0) this.read.forget(document);
    });
  }

  /** Whether something of a document is on its way to the disk. */
  readonly isWriting = (document: DocumentId): boolean => this.#assigned.has(document);

  /** Resolves when everything given so far is durable. */
  idle(): Promise<void> {
    return this.#committer.idle();
  }

  #appendGroup(group: readonly LogRecord[]): Outcome[] {
    const gap = this.#firstGap(group);
    if (gap !== undefined) return group.map(() => gap);
    return group.map((record) =>
      this.#holds(record) ? { type: 'repeat' } : { type: 'stored', entry: this.#assign(record) },
    );
  }

  #holds({ header }: LogRecord): boolean {
    return isHeld(this.assignedHeads(header.document), header);
  }

  /** A snapshot needs no predecessor; an update follows its author's last record, here or earlier in the group. */
  #firstGap(group: readonly LogRecord[]): Outcome | undefined {
    let last: Map<DocumentId, number> | undefined;
    for (const record of group) {
      const { header } = record;
      if (header.kind === 'snapshot') continue;
      const heads = this.assignedHeads(header.document);
      const held = last?.get(header.document) ?? heads.get(header.author) ?? 0;
      if (header.counter > held && header.prev > held) {
        return { type: 'gap', document: header.document, heads };
      }
      if (group.length > 1) (last ??= new Map()).set(header.document, Math.max(held, header.counter));
    }
    return undefined;
  }

  #assign(record: LogRecord): LogEntry {
    const { header } = record;
    const bytes = encodeRecord(record);
    const seq = this.#assignedPosition.seq + 1;
    const digest = nextDigest(this.#assignedPosition.digest, header);
    const { document } = header;
    const index = this.#assigned.get(document) ?? this.#documents.get(document) ?? emptyIndex(document);
    this.#assigned.set(document, indexAfter(index, header, seq, bytes.byteLength));
    // Who writes here numbers on from what it wrote, whatever somebody claims to stand for.
    if (header.kind === 'update') raiseHead(this.#assignedHeads, header.author, header.counter);
    this.#assignedPosition = { seq, digest };
    return { seq, digest, record, bytes };
  }

  /** The index entry of each document that these are of, once. */
  #assignedTo(entries: readonly LogEntry[]): readonly DocumentIndex[] {
    const indexes = new Set<DocumentIndex>();
    for (const { record } of entries)
      indexes.add(this.#assigned.get(record.header.document) as DocumentIndex);
    return [...indexes];
  }

  #rows(entries: readonly LogEntry[]): StoreOperation[] {
    const rows: StoreOperation[] = [];
    for (const { seq, digest, record, bytes } of entries) {
      const { document } = record.header;
      rows.push({ type: 'put', key: recordKey(this.folder, document, seq), value: bytes });
      const value = new Writer().raw(digest).ascii(document).finish();
      rows.push({ type: 'put', key: orderKey(this.folder, seq), value });
    }
    return rows;
  }

  /** Once for all records of a batch: an entry of each document, and behind them the log's state. */
  readonly #sharedRows = (): StoreOperation[] => {
    const rows: StoreOperation[] = [];
    for (const index of this.#changed.values()) rows.push(putIndex(this.folder, index));
    this.#changed.clear();
    const value = encodeLogState({ epoch: this.epoch, position: this.#assignedPosition });
    rows.push({ type: 'put', key: logKey(this.folder), value });
    return rows;
  };

  #publish(indexes: readonly DocumentIndex[], position: Position): void {
    this.#position = position;
    for (const index of indexes) {
      const { document } = index;
      this.#documents.set(document, index);
      if (this.#assigned.get(document) === index) this.#assigned.delete(document);
    }
  }
}

const putIndex = (folder: FolderId, index: DocumentIndex): StoreOperation => ({
  type: 'put',
  key: documentKey(folder, index.document),
  value: encodeIndex(index),
});

/** What throws here must not keep from the disk what has its place in the log already. */
function besideOf(beside: NonNullable<AppendOptions['beside']>, outcomes: readonly Outcome[]): Rows {
  try {
    return { rows: typeof beside === 'function' ? beside(outcomes) : beside };
  } catch (thrown) {
    return { thrown };
  }
}
