/**
 * Group commit: whatever is given while a batch is being written, or within the pause behind its beginning (`Pace`), goes into the
 * next batch, so many writers share one sync. Batches are written strictly one after the other, and each `commit` is wholly inside one batch.
 */
import type { Clock } from '../base/index.ts';
import type { EvermeshError } from '../errors/index.ts';
import { type Store, type StoreOperation, storeError } from './store.ts';

/** Rows that several commits of a batch share, asked for when it is written: what they say changes with each of these. */
type SharedRows = () => readonly StoreOperation[];

export interface Pace {
  readonly clock: Clock;
  /** Milliseconds between the beginnings of two batches, at least. */
  readonly every: number;
}

interface Waiting {
  readonly operations: readonly StoreOperation[];
  readonly shared: SharedRows | undefined;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

export class Committer {
  /** Resolves when a write failed, with why: nothing can be written any more. */
  readonly failed: Promise<EvermeshError>;
  readonly #store: Store;
  #tellFailure: (failure: EvermeshError) => void = () => undefined;
  #waiting: Waiting[] = [];
  /** What goes with the next `commit`, by key. */
  readonly #later = new Map<string, StoreOperation>();
  #writing: Promise<void> | undefined;
  #failure: EvermeshError | undefined;
  #pace: Pace | undefined;
  /** Until then no batch begins. */
  #rest: Promise<void> | undefined;
  #endRest: () => void = () => undefined;

  /**
   * @param pace where many write one after the other: each sync costs as much as the records of tens of them, so what comes within
   *   that time of a batch shares the next one. Whoever comes after a pause waits for nothing. Default: a batch begins when the last has ended
   */
  constructor(store: Store, pace?: Pace) {
    this.#store = store;
    this.#pace = pace;
    this.failed = new Promise((resolve) => {
      this.#tellFailure = resolve;
    });
  }

  /** Why nothing can be written any more. Memory is then ahead of the disk: the store has to be opened anew. */
  get failure(): EvermeshError | undefined {
    return this.#failure;
  }

  /**
   * Resolves, in the order of the calls, when the operations are durable.
   * @param shared rows that stand behind those of the last call in the batch that names them
   */
  commit(operations: readonly StoreOperation[], shared?: SharedRows): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const all = this.#with(operations);
    const done = new Promise<void>((resolve, reject) =>
      this.#waiting.push({ operations: all, shared, resolve, reject }),
    );
    this.#writing ??= this.#write();
    return done;
  }

  /**
   * Takes rows that nobody waits for: they are in the batch of the next `commit`, behind all that was given before, and a later row of the
   * same key takes the place of one. So a power cut leaves nothing that it would not leave on a slower disk. But whoever reads them from the
   * store awaits `idle` first, and whoever gives them does so in the end.
   */
  commitLater(operations: readonly StoreOperation[]): void {
    if (this.#failure !== undefined) return;
    for (const operation of operations) {
      // Behind whatever was given since the one before.
      this.#later.delete(operation.key);
      this.#later.set(operation.key, operation);
    }
  }

  /** From now on no batch waits for more. A timer keeps no process alive, so one that is to end asks for this first. */
  hurry(): void {
    this.#pace = undefined;
    this.#endRest();
  }

  /** Resolves when everything given so far is durable, also what nobody else waits for. */
  async idle(): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    if (this.#writing !== undefined || this.#later.size > 0) await this.commit([]);
  }

  /** What waited for these goes in front of them; what they write anew does not go at all. */
  #with(operations: readonly StoreOperation[]): readonly StoreOperation[] {
    if (this.#later.size === 0) return operations;
    for (const { key } of operations) this.#later.delete(key);
    const all = [...this.#later.values(), ...operations];
    this.#later.clear();
    return all;
  }

  async #write(): Promise<void> {
    // One turn later, so that everything the current turn produces shares the first batch.
    await Promise.resolve();
    while (this.#waiting.length > 0) {
      await this.#rest;
      this.#rest = this.#pace && this.#pause(this.#pace);
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        const operations = rowsOf(batch);
        if (operations.length > 0) await this.#store.batch(operations, { sync: true });
        for (const { resolve } of batch) resolve();
      } catch (error) {
        this.#fail(storeError(error), batch);
      }
    }
    this.#writing = undefined;
  }

  #pause({ clock, every }: Pace): Promise<void> {
    return new Promise((resolve) => {
      this.#endRest = resolve;
      clock.after(every, resolve);
    });
  }

  #fail(failure: EvermeshError, batch: readonly Waiting[]): void {
    this.#failure = failure;
    const all = [...batch, ...this.#waiting];
    this.#waiting = [];
    this.#later.clear();
    for (const { reject } of all) reject(failure);
    this.#tellFailure(failure);
  }
}

/** In the order in which they were given: where several write a row, the last counts. */
function rowsOf(batch: readonly Waiting[]): StoreOperation[] {
  const last = new Map<SharedRows, Waiting>();
  for (const waiting of batch) if (waiting.shared !== undefined) last.set(waiting.shared, waiting);
  const rows: StoreOperation[] = [];
  for (const waiting of batch) {
    const { operations, shared } = waiting;
    for (const operation of operations) rows.push(operation);
    if (shared === undefined || last.get(shared) !== waiting) continue;
    for (const operation of shared()) rows.push(operation);
  }
  return rows;
}
