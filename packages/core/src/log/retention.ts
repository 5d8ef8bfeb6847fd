/**
 * Retention: what is older than a number of days is kept as what it comes to, not as the records that led there.
 *
 * How old a record is, is how long ago this replica's own clock saw it in the log: a row says how far the log had come, written when
 * it is opened, and as it grows, once an hour. An author's time decides nothing. What was got since the last such row counts as
 * younger than it is, never as older; and where nothing is done, nothing is written.
 */
import { type Clock, type DocumentId, type Logger, SerialQueue, type Timer } from '../base/index.ts';
import { isEvermeshError } from '../errors/index.ts';
import { Writer } from '../protocol/index.ts';
import type { Committer } from './committer.ts';
import type { Compactor } from './compactor.ts';
import type { FolderLog } from './folder-log.ts';
import { markKey, markPrefix, orderKey, prefixEnd, seqOfKey } from './keys.ts';
import type { Store, StoreOperation } from './store.ts';
import { storedRow } from './stored-row.ts';

export interface RetentionOptions {
  readonly store: Pick<Store, 'iterator'>;
  readonly committer: Committer;
  readonly compactor: Compactor;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds for which records are kept as they were. */
  readonly keep: number;
}

/**
 * Milliseconds between two looks at what has become too old: an hour, or a part of the time for which records are kept. A log that is
 * opened is looked at at once.
 */
const LOOK_EVERY = 3_600_000;
const LOOKS = 24;
/** Rows that are removed in one batch. */
const AT_ONCE = 1000;

export class Retention {
  readonly #options: RetentionOptions;
  readonly #period: number;
  readonly #looks: SerialQueue = new SerialQueue();
  readonly #watched = new Set<FolderLog>();
  /** Of these it is to be noted how far they have come. */
  readonly #grew = new WeakSet<FolderLog>();
  /** Logs that are being looked at, or wait for that. */
  readonly #due = new Set<FolderLog>();
  /** The place up to which a log was kept within bounds since it was opened. */
  readonly #reached = new WeakMap<FolderLog, number>();
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
    this.#period = Math.min(LOOK_EVERY, options.keep / LOOKS);
  }

  /** Looks at a log, now and again and again, until the returned function is called. */
  watch(log: FolderLog): () => void {
    this.#watched.add(log);
    this.#grew.add(log);
    this.#look(log);
    this.#wait();
    let next = 0;
    const stop = log.appended.add(() => {
      const now = this.#options.clock.now();
      // A clock that goes back is no reason to wait longer.
      if (now < next && now >= next - this.#period) return;
      next = now + this.#period;
      this.#grew.add(log);
      this.#look(log);
    });
    return () => {
      stop();
      this.#watched.delete(log);
    };
  }

  /** Resolves when a log is not being looked at, nor about to be: only then may it be opened a second time. */
  async rested(log: FolderLog): Promise<void> {
    while (this.#due.has(log)) await this.#looks.idle();
  }

  /** Resolves when no log is being looked at. */
  idle(): Promise<void> {
    return this.#looks.idle();
  }

  /** What is under way is left as it is, where it can be. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    this.#watched.clear();
    await this.idle();
  }

  #wait(): void {
    if (this.#isClosed) return;
    this.#timer ??= this.#options.clock.after(this.#period, () => {
      this.#timer = undefined;
      for (const log of this.#watched) this.#look(log);
      if (this.#watched.size > 0) this.#wait();
    });
  }

  #look(log: FolderLog): void {
    if (this.#due.has(log)) return;
    this.#due.add(log);
    const { logger } = this.#options;
    void this.#looks
      .run(() => this.#keepWithin(log))
      .catch((error: unknown) => {
        if (this.#isClosed) return;
        logger.error('a folder is not kept within its bounds', { folder: log.folder, error: String(error) });
      })
      .finally(() => this.#due.delete(log));
  }

  /** Each step is whole in itself: what a crash or the end leaves undone, the next look finds again. */
  async #keepWithin(log: FolderLog): Promise<void> {
    const floor = await this.#mark(log);
    if (floor === (this.#reached.get(log) ?? 0)) return;
    const documents = new Set<DocumentId>();
    for await (const { seq, document } of log.read.order(0)) {
      if (seq > floor) break;
      documents.add(document);
    }
    for (const document of documents) {
      if (!this.#watched.has(log)) return;
      await this.#trim(log, document, floor);
    }
    await this.#forgetOrder(log, floor);
    this.#reached.set(log, floor);
    this.#options.logger.debug('a folder is within its bounds', { folder: log.folder, floor });
  }

  /** Notes how far the log has come, if that is to be noted. @returns the last place that is too old, or 0 */
  async #mark(log: FolderLog): Promise<number> {
    const { store, committer, clock, keep } = this.#options;
    const { folder, position } = log;
    const now = clock.now();
    const prefix = markPrefix(folder);
    const removed: StoreOperation[] = [];
    let [floor, last] = [0, 0];
    for await (const [key, row] of store.iterator({ gte: prefix, lt: prefixEnd(prefix) })) {
      last = seqOfKey(key);
      if (storedRow(key, row, (reader) => reader.uint()) > now - keep) continue;
      if (floor > 0) removed.push({ type: 'del', key: markKey(folder, floor) });
      floor = last;
    }
    const isFurther = this.#grew.delete(log) && position.seq > last;
    const value = new Writer().uint(now).finish();
    const put: StoreOperation[] = isFurther
      ? [{ type: 'put', key: markKey(folder, position.seq), value }]
      : [];
    if (put.length + removed.length > 0) await committer.commit([...put, ...removed]);
    return floor;
  }

  /** A document that cannot be read keeps nobody else from being kept within bounds. */
  async #trim(log: FolderLog, document: DocumentId, floor: number): Promise<void> {
    const { compactor, logger } = this.#options;
    try {
      const went = await compactor.trim(log, document, floor);
      if (went) logger.debug('older records of a document went', { folder: log.folder, document });
    } catch (error) {
      if (this.#isClosed || !isEvermeshError(error) || error.code === 'STORE_FAILED') throw error;
      const about = { folder: log.folder, document, code: error.code, error: error.message };
      logger.error('older records of a document stay', about);
    }
  }

  /**
   * Whoever read the log last before these places compares documents by heads. The last place stays: so whoever has read all, and
   * nothing was written since, need not.
   */
  async #forgetOrder(log: FolderLog, floor: number): Promise<void> {
    let rows: StoreOperation[] = [];
    for await (const { seq } of log.read.order(0)) {
      if (seq >= floor) break;
      rows.push({ type: 'del', key: orderKey(log.folder, seq) });
      if (rows.length < AT_ONCE) continue;
      await this.#options.committer.commit(rows);
      rows = [];
    }
    if (rows.length > 0) await this.#options.committer.commit(rows);
  }
}
