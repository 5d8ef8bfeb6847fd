/**
 * Compacts documents, one at a time, whenever it is worth it: beside everything else, and without anybody waiting for it.
 *
 * What is durable is read, folded and packed by a `CompactionRunner`, and then committed through the log's own committer, so
 * appends go on meanwhile. Each batch holds the same before and after it: records lie in a row of their own or in a pack, and
 * the state stands for all that are packed. A crash leaves what was committed, and no batch is needed by another.
 */
import {
  type Clock,
  type DocumentId,
  Listeners,
  type Logger,
  SerialQueue,
  type Timer,
} from '../base/index.ts';
import { EvermeshError, isEvermeshError } from '../errors/index.ts';
import { type CompactionJob, type CompactionResult, JobRows } from './compact-document.ts';
import { encodeRecord, type LogRecord } from '../protocol/index.ts';
import { type CompactionPolicy, isGain } from './compaction-policy.ts';
import type { CompactionRunner } from './compaction-runner.ts';
import type { DocumentIndex } from './document-index.ts';
import type { FolderLog } from './folder-log.ts';
import { packKey, stateKey } from './keys.ts';
import { readJob, type ReadRow } from './read-job.ts';
import { compactedWith, type PackPlan, planPacks } from './pack-plan.ts';
import type { StoreOperation } from './store.ts';
import { thinDocument, type Thinning, type Trim, trimDocument, type TrimOptions } from './trim-document.ts';

export interface CompactorOptions {
  readonly runner: CompactionRunner;
  readonly policy: CompactionPolicy;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A document that nobody writes to for one to two of these is compacted then. */
const QUIET_MS = 1000;
/** What could not be compacted is tried again when it has grown by this: not with every record, and not never. */
const GROWN = 1.5;

interface Due {
  readonly log: FolderLog;
  readonly document: DocumentId;
  /** How often the timer had rung when it was written to last; `NOW` if it need not rest. */
  readonly touched: number;
  /** Its state was found damaged: it is made anew. */
  readonly anew: boolean;
}

const NOW = Number.NEGATIVE_INFINITY;

export class Compactor {
  readonly #options: CompactorOptions;
  readonly #due = new Map<string, Due>();
  /** Records that a document had when it could not be compacted. */
  readonly #unfit = new Map<string, number>();
  readonly #closed = new AbortController();
  /** A document is compacted, or its older records go: one thing after the other, from what is read to what is durable. */
  readonly #turns: SerialQueue = new SerialQueue();
  /** The runner does one thing after the other. */
  readonly #runs: SerialQueue = new SerialQueue();
  #rings = 0;
  #timer: Timer | undefined;
  #working: Promise<void> | undefined;
  /** The log of which a document is being compacted. */
  #busy: FolderLog | undefined;
  readonly #ended: Listeners<void> = new Listeners();

  constructor(options: CompactorOptions) {
    this.#options = options;
  }

  /** Compacts documents of a log, those that are due already included, until the returned function is called. */
  watch(log: FolderLog): () => void {
    for (const { document } of log.documents()) this.#consider(log, document);
    const stop = log.appended.add(({ entries }) => {
      for (const document of new Set(entries.map(({ record }) => record.header.document)))
        this.#consider(log, document);
    });
    return () => {
      stop();
      for (const [name, due] of this.#due) if (due.log === log) this.#due.delete(name);
    };
  }

  /** The state of a document turned out to be damaged: it is made anew from the records. */
  renew(log: FolderLog, document: DocumentId): void {
    this.#due.set(nameOf(log, document), { log, document, touched: NOW, anew: true });
    this.#wake();
  }

  /** Resolves when no document of a log is due, or is being compacted, and at the end: only then may it be opened a second time. */
  async rested(log: FolderLog): Promise<void> {
    while (this.#busy === log || [...this.#due.values()].some((due) => due.log === log))
      await new Promise<void>((resolve) => {
        const stop = this.#ended.add(() => {
          stop();
          resolve();
        });
      });
  }

  /**
   * Records of a document go, and what they come to stands for them, if that is worth it. Whether any went.
   * @throws STORE_CORRUPT and others if the document cannot be read; the reason of the end once this is closed
   */
  trim(log: FolderLog, document: DocumentId, what: Trim): Promise<boolean> {
    return this.#turns.run(() => trimDocument(log, document, { ...this.#trimming(), ...what }));
  }

  /** What is kept of a document's history gets less, if time alone makes it so. Whether it did. @throws as `trim` */
  thin(log: FolderLog, document: DocumentId, what: Thinning): Promise<boolean> {
    return this.#turns.run(() => thinDocument(log, document, { ...this.#trimming(), ...what }));
  }

  #trimming(): Pick<TrimOptions, 'isWorthTrimming' | 'run' | 'signal'> {
    const { isWorthTrimming = isGain } = this.#options.policy;
    return { isWorthTrimming, run: (job) => this.#run(job), signal: this.#closed.signal };
  }

  /**
   * Finds out whether the body of a snapshot is a document's state, where documents are compacted.
   * @throws RECORD_MALFORMED if it is none; what the runner throws
   */
  async check(snapshot: LogRecord): Promise<void> {
    const rows = new JobRows();
    rows.add(1, false, encodeRecord(snapshot));
    const job = { state: undefined, packs: false, rows: rows.finish() };
    let cause: unknown;
    try {
      if ((await this.#run(job)).type === 'compacted') return;
    } catch (error) {
      if (!isEvermeshError(error, 'UPDATE_MALFORMED')) throw error;
      cause = error;
    }
    throw new EvermeshError('RECORD_MALFORMED', 'The body of a snapshot is no state of a document.', {
      cause,
    });
  }

  /** Resolves when no document is due, or is being compacted. For tests: others need not know. */
  async idle(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  /** Abandons what is being compacted: nothing of it is lost, and the next opening finds it due again. */
  async close(): Promise<void> {
    this.#closed.abort(new EvermeshError('STORE_CLOSED', 'The replica is closed.'));
    this.#timer?.cancel();
    this.#due.clear();
    await this.#working;
    await this.#turns.idle();
    await this.#runs.idle();
    this.#ended.emit();
    await this.#options.runner.close();
  }

  #consider(log: FolderLog, document: DocumentId): void {
    const index = log.document(document);
    const { policy } = this.#options;
    const name = nameOf(log, document);
    if (index === undefined || index.records < GROWN * (this.#unfit.get(name) ?? 0) || !policy.isDue(index))
      return;
    const anew = this.#due.get(name)?.anew ?? false;
    const touched = policy.isOverdue(index) ? NOW : this.#rings;
    this.#due.set(name, { log, document, touched, anew });
    this.#wake();
  }

  #wake(): void {
    if (this.#closed.signal.aborted || this.#working !== undefined) return;
    if (this.#nextReady() !== undefined) this.#working = this.#work();
    else if (this.#due.size > 0) this.#timer ??= this.#options.clock.after(QUIET_MS, () => this.#ring());
  }

  #ring(): void {
    this.#timer = undefined;
    this.#rings += 1;
    this.#wake();
  }

  /** Has rested for one whole round of the timer, and nothing of it is on its way to the disk. */
  #nextReady(): Due | undefined {
    for (const due of this.#due.values())
      if (this.#rings - due.touched >= 2 && !due.log.isWriting(due.document)) return due;
    return undefined;
  }

  async #work(): Promise<void> {
    // One turn later, so that `#working` is known by then.
    await Promise.resolve();
    for (let next = this.#nextReady(); next !== undefined; next = this.#nextReady()) {
      this.#due.delete(nameOf(next.log, next.document));
      this.#busy = next.log;
      await this.#turns.run(() => this.#try(next));
      this.#busy = undefined;
      this.#ended.emit();
      if (this.#closed.signal.aborted) break;
    }
    this.#working = undefined;
    this.#wake();
  }

  async #try({ log, document, anew }: Due): Promise<void> {
    const index = log.document(document);
    if (index === undefined) return;
    const about = { folder: log.folder, document };
    const { logger } = this.#options;
    try {
      const result = await this.#compact(log, index, anew);
      if (result.type === 'state damaged') {
        logger.warn('the state of a document is damaged, and is made anew', {
          ...about,
          code: 'STORE_CORRUPT',
        });
        this.renew(log, document);
      } else if (result.type === 'unfit') {
        logger.debug('a document is not compacted', { ...about, why: result.why });
        this.#unfit.set(nameOf(log, document), index.records);
      } else {
        this.#unfit.delete(nameOf(log, document));
        logger.debug('a document was compacted', { ...about, stateBytes: result.state.byteLength });
        this.#consider(log, document);
      }
    } catch (error) {
      if (this.#closed.signal.aborted) return;
      this.#unfit.set(nameOf(log, document), index.records);
      const code = isEvermeshError(error) ? error.code : 'unknown';
      logger.error('a document cannot be compacted', { ...about, code, error: String(error) });
    }
  }

  async #compact(log: FolderLog, index: DocumentIndex, anew: boolean): Promise<CompactionResult> {
    const { document, compacted } = index;
    const state = compacted && !anew ? await log.read.stateRow(document) : undefined;
    if (compacted !== undefined && !anew && state === undefined) return { type: 'state damaged' };
    // Packs stay as they are where only the state is made anew.
    const packs = compacted === undefined || !anew;
    const plan = planPacks(index);
    const after = packs ? plan.after : 0;
    const { rows, read } = await readJob(log, index, {
      after,
      bounded: packs,
      signal: this.#closed.signal,
    });
    this.#closed.signal.throwIfAborted();
    const result = await this.#run({ state, after, rows, packs });
    if (result.type !== 'compacted') return result;
    const putState = put(stateKey(log.folder, document), result.state);
    if (compacted !== undefined && !packs)
      await log.replace(document, {
        puts: [putState],
        removed: [],
        compacted: { ...compacted, stateBytes: result.state.byteLength },
      });
    else await this.#replace(log, document, { plan, read, result, putState });
    return result;
  }

  #run(job: CompactionJob): Promise<CompactionResult> {
    const { signal } = this.#closed;
    return this.#runs.run(() => {
      signal.throwIfAborted();
      return this.#options.runner.run(job, signal);
    });
  }

  /** A batch for each pack, so that none holds this thread up for long. The state goes with the first: it stands for all. */
  async #replace(
    log: FolderLog,
    document: DocumentId,
    {
      plan,
      read,
      result,
      putState,
    }: {
      readonly plan: PackPlan;
      readonly read: readonly ReadRow[];
      readonly result: CompactionResult & { type: 'compacted' };
      readonly putState: StoreOperation;
    },
  ): Promise<void> {
    let from = 0;
    for (const [i, pack] of result.packs.entries()) {
      this.#closed.signal.throwIfAborted();
      const putPack = put(packKey(log.folder, document, pack.seq), pack.row);
      const removed: string[] = [];
      for (let row = read[from]; row !== undefined && row.seq <= pack.seq; row = read[++from])
        if (row.key !== putPack.key) removed.push(row.key);
      const compacted = compactedWith(plan, result.packs.slice(0, i + 1), result.state.byteLength);
      const puts = i === 0 ? [putState, putPack] : [putPack];
      await log.replace(document, { puts, removed, compacted });
    }
  }
}

const put = (key: string, value: Uint8Array): StoreOperation => ({ type: 'put', key, value });
const nameOf = (log: FolderLog, document: DocumentId): string => `${log.folder}/${document}`;
