/**
 * Group commit: whatever is given while a batch is being written goes into the next batch, so many writers share one
 * sync. Batches are written strictly one after the other, and each `commit` is wholly inside one batch.
 */
import type { EvermeshError } from '../errors/index.ts';
import { type Store, type StoreOperation, storeError } from './store.ts';

interface Waiting {
  readonly operations: readonly StoreOperation[];
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

  constructor(store: Store) {
    this.#store = store;
    this.failed = new Promise((resolve) => {
      this.#tellFailure = resolve;
    });
  }

  /** Why nothing can be written any more. Memory is then ahead of the disk: the store has to be opened anew. */
  get failure(): EvermeshError | undefined {
    return this.#failure;
  }

  /** Resolves, in the order of the calls, when the operations are durable. */
  commit(operations: readonly StoreOperation[]): Promise<void> {
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    const all = this.#with(operations);
    const done = new Promise<void>((resolve, reject) =>
      this.#waiting.push({ operations: all, resolve, reject }),
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
      const batch = this.#waiting;
      this.#waiting = [];
      try {
        const operations = lastOfEachKey(batch);
        if (operations.length > 0) await this.#store.batch(operations, { sync: true });
        for (const { resolve } of batch) resolve();
      } catch (error) {
        this.#fail(storeError(error), batch);
      }
    }
    this.#writing = undefined;
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

/** Where several write a row, only the last counts. It stays the last of what its writer gave: others of a batch stand before it. */
function lastOfEachKey(batch: readonly Waiting[]): StoreOperation[] {
  if (batch.length === 1) return [...(batch[0] as Waiting).operations];
  const rows: StoreOperation[] = [];
  const written = new Set<string>();
  // From the end, so that what is met first is the last.
  for (const { operations } of batch.toReversed()) {
    for (let i = operations.length - 1; i >= 0; i--) {
      const operation = operations[i] as StoreOperation;
      if (written.has(operation.key)) continue;
      written.add(operation.key);
      rows.push(operation);
    }
  }
  return rows.reverse();
}
