/**
 * Retention: what is older than a number of days is kept as what it comes to, not as the records that led there. Somebody whose
 * people look back keeps some of the states in between as well.
 *
 * How old a record is, is how long ago this replica's own clock saw it in the log: a row says how far the log had come, written when
 * it is opened, and as it grows, once an hour. An author's time decides nothing. What was got since the last such row counts as
 * younger than it is, never as older; and where nothing is done, nothing is written.
 */
import { type Clock, type DocumentId, type Logger, SerialQueue, type Timer } from '../base/index.ts';
import { isEvermeshError } from '../errors/index.ts';
import { type Heads, NO_HEADS, Writer } from '../protocol/index.ts';
import type { Committer } from './committer.ts';
import type { Compactor } from './compactor.ts';
import type { Contents } from './contents.ts';
import type { FolderLog } from './folder-log.ts';
import { forgetGone, forgetOrder } from './forget-order.ts';
import { type HistoryPolicy, isOnePeriod } from './history-policy.ts';
import { historyPrefix, markKey, markPrefix, prefixEnd, seqOfKey } from './keys.ts';
import { namesForContents } from './names-for-contents.ts';
import type { Store, StoreOperation } from './store.ts';
import { storedRow } from './stored-row.ts';
import type { Trim } from './trim-document.ts';

export interface RetentionOptions {
  readonly store: Pick<Store, 'iterator'>;
  readonly committer: Committer;
  readonly compactor: Compactor;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Milliseconds for which records are kept as they were. */
  readonly keep: number;
  /** What is kept of what is older. Default: what it comes to. */
  readonly history?: HistoryPolicy | undefined;
  /** Where contents lie: what no version that is kept has is not named any more. Default: all stays named. */
  readonly contents?: Contents | undefined;
}

/** What somebody who has a use for older records needs of them. */
export interface RecordsInUse {
  /** The last place that may go of a log; asked anew each time. Default: any. */
  readonly mayGoTo?: () => Promise<number>;
  /** Whether a state of a document that is older than that of these heads is still needed. */
  readonly isNeeded?: (document: DocumentId, covers: Heads) => boolean;
  /** Documents of which every record stays. */
  readonly isKept?: (document: DocumentId) => boolean;
  /** Whether a peer may ask for any record again, so that each place says what stands there, or that it is gone. */
  readonly isGiven: boolean;
}

const NOT_IN_USE: RecordsInUse = { isGiven: false };

/**
 * Milliseconds between two looks at what has become too old: an hour, or a part of the time for which records are kept. A log that is
 * opened is looked at at once.
 */
const LOOK_EVERY = 3_600_000;
const LOOKS = 24;
/** How far the log had come, and when. */
type Mark = readonly [seq: number, seen: number];

export class Retention {
  readonly #options: RetentionOptions;
  readonly #period: number;
  readonly #looks: SerialQueue = new SerialQueue();
  readonly #watched = new Map<FolderLog, RecordsInUse>();
  /** Up to when what is kept of the history of a log was thinned. */
  readonly #thinned = new WeakMap<FolderLog, number>();
  /** Of these it is to be noted how far they have come. */
  readonly #grew = new WeakSet<FolderLog>();
  /** Logs that are being looked at, or wait for that. */
  readonly #due = new Set<FolderLog>();
  /** The place up to which a log was kept within bounds since it was opened, and of which documents older records were needed. */
  readonly #reached = new WeakMap<FolderLog, { reached: number; left: readonly DocumentId[] }>();
  #timer: Timer | undefined;
  #isClosed = false;

  constructor(options: RetentionOptions) {
    this.#options = options;
    this.#period = Math.min(LOOK_EVERY, options.keep / LOOKS);
  }

  /** Looks at a log, now and again and again, until the returned function is called. */
  watch(log: FolderLog, inUse: RecordsInUse = NOT_IN_USE): () => void {
    this.#watched.set(log, inUse);
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

  /** Does something while no log is being looked at. */
  between(work: () => Promise<void>): Promise<void> {
    return this.#looks.run(work);
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
      for (const log of this.#watched.keys()) this.#look(log);
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
    const inUse = this.#watched.get(log);
    if (inUse === undefined) return;
    const marks = await this.#mark(log);
    await this.#thin(log, inUse);
    const [oldest = 0] = marks.at(-1) ?? [];
    const floor = Math.min(oldest, (await inUse.mayGoTo?.()) ?? oldest);
    const { reached = 0, left = [] } = this.#reached.get(log) ?? {};
    if (floor === 0 || (floor <= reached && left.length === 0)) return;
    const documents = new Set<DocumentId>(left);
    for await (const { seq, document } of log.read.order(reached)) {
      if (seq > floor) break;
      // Most have one record, and are no more looked at than this.
      const isOne = (log.document(document)?.records ?? 0) < 2;
      if (!isOne && inUse.isKept?.(document) !== true) documents.add(document);
    }
    const needed: DocumentId[] = [];
    for (const document of documents) {
      if (!this.#watched.has(log)) return;
      let isLeft = false;
      const isNeeded = (covers: Heads): boolean => (isLeft = inUse.isNeeded?.(document, covers) ?? false);
      // Who shows the newest needs nothing older; for anybody else it is not worth finding out what would go.
      if (!isNeeded(log.document(document)?.heads ?? NO_HEADS)) {
        const trim = { floor, isNeeded, history: this.#history(marks), namesOf: this.#namesOf };
        await this.#of(log, document, () => this.#options.compactor.trim(log, document, trim));
      }
      if (isLeft) needed.push(document);
    }
    const forget = inUse.isGiven ? forgetGone : forgetOrder;
    await forget({ ...this.#options, log }, floor);
    this.#reached.set(log, { reached: Math.max(floor, reached), left: needed });
    this.#options.logger.debug('a folder is within its bounds', { folder: log.folder, floor });
  }

  /** What is kept of the histories of a log gets less with time: once in each of its shortest periods is often enough. */
  async #thin(log: FolderLog, inUse: RecordsInUse): Promise<void> {
    const { store, history, clock, compactor } = this.#options;
    const period = history?.thinned[0]?.every;
    if (history === undefined || period === undefined) return;
    const now = clock.now();
    if (Math.abs(now - (this.#thinned.get(log) ?? -Infinity)) < period) return;
    const prefix = historyPrefix(log.folder);
    const documents: DocumentId[] = [];
    for await (const [key] of store.iterator({ gte: prefix, lt: prefixEnd(prefix) }))
      documents.push(key.slice(prefix.length) as DocumentId);
    for (const document of documents) {
      if (!this.#watched.has(log)) return;
      const isNeeded = (covers: Heads): boolean => inUse.isNeeded?.(document, covers) ?? false;
      await this.#of(log, document, () =>
        compactor.thin(log, document, {
          ...{ isNeeded, namesOf: this.#namesOf },
          history: { policy: history, now, marks: [] },
        }),
      );
    }
    this.#thinned.set(log, now);
  }

  readonly #namesOf: Trim['namesOf'] = (names, needed) => {
    const { contents } = this.#options;
    return contents === undefined ? Promise.resolve(names) : namesForContents(contents, names, needed);
  };

  #history(marks: readonly Mark[]): Trim['history'] {
    const { history, clock } = this.#options;
    return history && { policy: history, now: clock.now(), marks };
  }

  /**
   * Notes how far the log has come, if that is to be noted, and forgets what says no more than the next.
   * @returns places that are too old, and when they were seen
   */
  async #mark(log: FolderLog): Promise<Mark[]> {
    const { store, committer, clock, keep, history } = this.#options;
    const { folder, position } = log;
    const now = clock.now();
    const prefix = markPrefix(folder);
    const marks: Mark[] = [];
    const rows: StoreOperation[] = [];
    let last = 0;
    for await (const [key, row] of store.iterator({ gte: prefix, lt: prefixEnd(prefix) })) {
      last = seqOfKey(key);
      const seen = storedRow(key, row, (reader) => reader.uint());
      if (seen > now - keep) continue;
      const before = marks.at(-1);
      const isSame =
        before !== undefined && (history === undefined || isOnePeriod(history, now, before[1], seen));
      if (isSame) rows.push({ type: 'del', key: markKey(folder, before[0]) });
      if (isSame) marks.pop();
      marks.push([last, seen]);
    }
    if (this.#grew.delete(log) && position.seq > last) {
      const value = new Writer().uint(now).finish();
      rows.unshift({ type: 'put', key: markKey(folder, position.seq), value });
    }
    if (rows.length > 0) await committer.commit(rows);
    return marks;
  }

  /** A document that cannot be read keeps nobody else from being kept within bounds. */
  async #of(log: FolderLog, document: DocumentId, work: () => Promise<boolean>): Promise<void> {
    const { logger } = this.#options;
    try {
      if (await work()) logger.debug('older records of a document went', { folder: log.folder, document });
    } catch (error) {
      if (this.#isClosed || !isEvermeshError(error) || error.code === 'STORE_FAILED') throw error;
      const about = { folder: log.folder, document, code: error.code, error: error.message };
      logger.error('older records of a document stay', about);
    }
  }
}

/** Keeps of what files were what a policy says; nothing has to be done where that is everything. */
export const retentionOf = (
  options: Omit<RetentionOptions, 'keep' | 'history'>,
  history: HistoryPolicy | 'everything',
): Retention | undefined =>
  history === 'everything' ? undefined : new Retention({ ...options, keep: history.everything, history });
