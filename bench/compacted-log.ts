/** A folder's log on a LevelDB store, with one document of typed edits, that is compacted when it is asked to. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { threadCompaction } from '@evermesh/adapters/compaction-thread';
import { levelStore } from '@evermesh/adapters/level';
import {
  type AuthorId,
  authorOf,
  type DocumentId,
  type FolderId,
  newDeviceId,
  newRunId,
  silentLogger,
  systemClock,
  systemRandom,
} from '@evermesh/core/base';
import {
  Committer,
  Compactor,
  type CompactionPolicy,
  type CompactionRunner,
  FolderLog,
  JobRows,
  openStore,
  type Store,
} from '@evermesh/core/log';
import { applyBody, applyDocumentState, clocksOf, encodeBody, newDocument } from '@evermesh/core/model';
import { encodeRecord, type LogRecord, makeRecord, NO_HEADS } from '@evermesh/core/protocol';
import type * as Y from 'yjs';
import { type Edit, editTrace } from './log/edit-trace.ts';

const FOLDER = 'f0'.repeat(16) as FolderId;
const DOCUMENT = 'typed' as DocumentId;
/** Records appended together. */
const BATCH = 1000;
/** Whatever there is is compacted at once. */
const AT_ONCE: CompactionPolicy = {
  isDue: ({ records, compacted }) => records > (compacted?.records ?? 0),
  isOverdue: () => true,
};

/** Updates in encoding V1, one for so many edits each. */
export function updatesOf(edits: readonly Edit[], each: number): Uint8Array[] {
  const doc = newDocument(DOCUMENT, 2 ** 52 + 1, true);
  const text = doc.getText('text');
  const updates: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => updates.push(update));
  for (let from = 0; from < edits.length; from += each) {
    doc.transact(() => {
      for (const [position, deleted, inserted] of edits.slice(from, from + each)) {
        if (deleted > 0) text.delete(position, deleted);
        if (inserted !== '') text.insert(position, inserted);
      }
    });
  }
  return updates;
}

const WARMING = updatesOf(editTrace('', 5000), 1);

export class CompactedLog {
  readonly #directory: string;
  readonly #store: Store;
  readonly #log: FolderLog;
  readonly #runner: CompactionRunner = threadCompaction();
  readonly #author: AuthorId = authorOf(newDeviceId(systemRandom), newRunId(systemRandom));

  static async open(directory: string): Promise<CompactedLog> {
    const store = await openStore(levelStore(directory));
    const committer = new Committer(store);
    const log = await FolderLog.open({ store, committer, folder: FOLDER, random: systemRandom });
    return new CompactedLog(directory, store, log);
  }

  private constructor(directory: string, store: Store, log: FolderLog) {
    this.#directory = directory;
    this.#store = store;
    this.#log = log;
  }

  async write(updates: readonly Uint8Array[]): Promise<void> {
    for (let from = 0; from < updates.length; from += BATCH) {
      const records = updates
        .slice(from, from + BATCH)
        .map((update, i) => this.#record(update, i, this.#log.lastCounter(this.#author)));
      await this.#log.append(records).durable;
    }
  }

  #record(update: Uint8Array, i: number, from = 0): LogRecord {
    const body = encodeBody(update);
    const prev = from + i;
    const ids = { folder: FOLDER, document: DOCUMENT, author: this.#author };
    return makeRecord({ ...ids, counter: prev + 1, prev, time: Date.now(), clocks: clocksOf(body), body });
  }

  /** Resolves when all records are compacted. */
  async compact(): Promise<void> {
    const runner = { run: this.#runner.run.bind(this.#runner), close: () => Promise.resolve() };
    const compactor = new Compactor({ runner, policy: AT_ONCE, clock: systemClock, logger: silentLogger });
    // A log has one compactor at a time.
    const stop = compactor.watch(this.#log);
    await compactor.idle();
    stop();
    const index = this.#log.document(DOCUMENT);
    if (index?.compacted?.records !== index?.records) throw new Error('The document was not compacted.');
  }

  /** Starts the thread, and lets it compile what it needs, so that what follows is measured without. */
  async warm(): Promise<void> {
    const rows = new JobRows();
    WARMING.forEach((update, i) => rows.add(i + 1, false, encodeRecord(this.#record(update, i))));
    const job = { state: undefined, rows: rows.finish(), packs: true };
    const result = await this.#runner.run(job, new AbortController().signal);
    if (result.type !== 'compacted') throw new Error(result.type);
  }

  /** The document as opening a file builds it. */
  async load(): Promise<Y.Doc> {
    const doc = newDocument(DOCUMENT, 1, true);
    const state = await this.#log.read.state(DOCUMENT);
    if (state !== undefined) applyDocumentState(doc, state.body, undefined);
    for await (const { record } of this.#log.read.document(DOCUMENT, NO_HEADS, state))
      applyBody(doc, record.body, undefined);
    return doc;
  }

  /** Bytes of the row of the state, and of it and the packs. */
  async rowBytes(): Promise<{ state: number; all: number }> {
    const state = (await this.#log.read.stateRow(DOCUMENT))?.byteLength ?? 0;
    let all = state;
    for await (const [, row] of this.#log.read.rows(DOCUMENT, 0)) all += row.byteLength;
    return { state, all };
  }

  /** Of all files of the database. */
  async diskBytes(): Promise<number> {
    const names = await readdir(this.#directory);
    const sizes = await Promise.all(
      names.map(async (name) => (await stat(join(this.#directory, name))).size),
    );
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  async close(): Promise<void> {
    await this.#runner.close();
    await this.#store.close();
  }
}
