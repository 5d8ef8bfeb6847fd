/** Rows of a document in the place of others: they say the same, or what others came to. */
import type { Compacted } from './document-index.ts';
import type { StoreOperation } from './store.ts';

export interface Replacement {
  readonly puts: readonly StoreOperation[];
  /** Keys of the rows in whose place they come. */
  readonly removed: readonly string[];
  readonly compacted: Compacted;
  /** By how many bytes the records of the document are fewer, because others stand for them. Default: they are all there. */
  readonly lessBytes?: number;
}
