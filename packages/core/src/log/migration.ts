/** What a migration of a store is; the list of them is in `migrations.ts`. */
import type { Store, StoreOperation } from './store.ts';

export interface MigrationStep {
  /** Committed whole and synced, together with `reached`. They are in memory at once: a few megabytes at most. */
  readonly operations: readonly StoreOperation[];
  /**
   * From where on the migration goes on if it is interrupted behind this step: whatever it wants to be told, often a key. Steps that say
   * the same as the one before may be done twice.
   */
  readonly reached: string;
}

export interface Migration {
  readonly from: number;
  /** `from` + 1. */
  readonly to: number;
  /**
   * What changes, step by step; the next is asked for when the one before is durable.
   * @param reached what the last durable step said, if this migration was interrupted; else `undefined`
   */
  steps(store: Pick<Store, 'get' | 'iterator'>, reached: string | undefined): AsyncIterable<MigrationStep>;
}
