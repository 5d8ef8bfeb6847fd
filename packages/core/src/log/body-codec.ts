import type { BlobName } from '../base/index.ts';
import type { HistoryUpdate } from './history-step.ts';

/** What a log has to know of bodies to compact a document, and does not: handed in by who knows what bodies are. */
export interface BodyCodec {
  /**
   * Begins to fold the bodies of one document into its state.
   * @param state what `finish` gave for those before; `undefined` to begin with nothing
   * @throws UPDATE_MALFORMED
   */
  fold(state: Uint8Array | undefined): BodyFold;
  /** Begins to make few steps of the many that led to a document. */
  history(): BodyHistory;
}

export interface BodyHistory {
  /**
   * Takes bodies, in the log's order.
   * @throws UPDATE_MALFORMED, and this is of no use any more
   */
  add(updates: readonly HistoryUpdate[]): void;
  /** Notes what a reader finds of what was taken: at each step that is kept. */
  look(): void;
  /** Contents that a reader finds at one of those that were looked at. */
  readonly contents: ReadonlySet<BlobName>;
  /** What was taken since the last step as the body of one update: what came and went meanwhile is not in it. */
  step(): Uint8Array;
}

export interface BodyFold {
  /**
   * Takes the bodies of records, in the log's order.
   * @throws UPDATE_MALFORMED, and the fold is of no use any more
   */
  add(bodies: readonly Uint8Array[]): void;
  /**
   * Takes what `finish` gave somewhere: the body of a snapshot, from whomever it is.
   * @throws UPDATE_MALFORMED, and the fold is of no use any more
   */
  addState(state: Uint8Array): void;
  /** The whole state, which says of itself how it is encoded; `undefined` if a body builds on one that is missing. */
  finish(): Uint8Array | undefined;
}
