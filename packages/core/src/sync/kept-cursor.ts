/**
 * How far a peer's log was read, and up to where the own log is known there: what a row keeps of it for the next connection. The row
 * is made for the batch that stores, or notes as owed, what lies before it; or for any later one, where nothing but what the peer
 * acknowledged is new. As long as that is not kept, what the peer has is offered once more, and acknowledged as a repeat.
 */
import type { FolderId } from '../base/index.ts';
import {
  forgottenRow,
  type PeerName,
  type PeerProgress,
  progressRow,
  type StoreOperation,
} from '../log/index.ts';
import type { Cursor, Position } from '../protocol/index.ts';
import type { Effect } from './session-effects.ts';

export class KeptCursor {
  readonly #folder: FolderId;
  readonly #peer: PeerName;
  #cursor: Cursor | undefined;
  /** Whether the peer holds everything up to the own cursor, so that the cursor may be kept. */
  isTrusted = false;
  /** Up to where the last row says that the own log needs no sending. */
  acknowledged: number;

  constructor(options: { folder: FolderId; peer: PeerName; progress: PeerProgress | undefined }) {
    this.#folder = options.folder;
    this.#peer = options.peer;
    this.#cursor = options.progress?.cursor;
    this.acknowledged = options.progress?.acknowledged ?? 0;
  }

  get cursor(): Cursor | undefined {
    return this.#cursor;
  }

  /** The peer's log is another one. Returns whether anything was kept of it. */
  reset(): boolean {
    const isKept = this.#cursor !== undefined;
    this.#cursor = undefined;
    return isKept;
  }

  /** `log`: any place of the peer's log; `through`: up to where it is read now. */
  advance(log: Cursor | undefined, through: Position | undefined): void {
    if (log === undefined || through === undefined || through.seq <= (this.#cursor?.seq ?? -1)) return;
    // A copy: the digest is a view of a frame.
    this.#cursor = { epoch: log.epoch, seq: through.seq, digest: through.digest.slice() };
  }

  rows({ acknowledged, received }: Omit<PeerProgress, 'cursor'>): StoreOperation[] {
    if (!this.isTrusted || this.#cursor === undefined) return [];
    this.acknowledged = acknowledged;
    return [progressRow(this.#folder, this.#peer, { cursor: this.#cursor, acknowledged, received })];
  }

  /** The row, for which nobody waits. */
  later(outbox: Omit<PeerProgress, 'cursor'>): Effect {
    const rows = this.rows(outbox);
    this.acknowledged = outbox.acknowledged;
    return { type: 'keep', rows };
  }

  /** It is kept no more. */
  forgotten(): StoreOperation {
    this.isTrusted = false;
    return forgottenRow(this.#folder, this.#peer);
  }
}
