/**
 * Which places of the own log a peer filled, or acknowledged behind something for which it has no room: what stands there it holds, so
 * it need not be told. They are kept beside what the peer acknowledged, as spans, for as long as something before them is not.
 */
import type { DocumentId } from '../base/index.ts';
import type { FolderLog, Span } from '../log/index.ts';

/**
 * Where more are kept the oldest are given up. A peer that is sent what it gave acknowledges a repeat, so that costs bytes and
 * nothing else.
 */
export const SPANS = 64;

/** As many of them as are kept. */
export const latest = (spans: readonly Span[]): readonly Span[] => spans.slice(-SPANS);

export class ReceivedPlaces {
  #spans: Span[];

  constructor(spans: readonly Span[] = []) {
    this.#spans = [...spans];
  }

  /** The peer filled this place, which lies behind all that it filled before. */
  add(seq: number): void {
    const last = this.#spans.at(-1);
    if (last?.to === seq - 1) this.#spans[this.#spans.length - 1] = { from: last.from, to: seq };
    else this.#spans.push({ from: seq, to: seq });
    if (this.#spans.length > SPANS) this.#spans.shift();
  }

  /** Whether the peer has what stands at this place: a state that stands for records may stand for some that it did not give. */
  holds(log: Pick<FolderLog, 'document'>, document: DocumentId, seq: number): boolean {
    return this.#has(seq) && log.document(document)?.compacted?.floor !== seq;
  }

  #has(seq: number): boolean {
    return this.#spans.some(({ from, to }) => from <= seq && seq <= to);
  }

  /** What goes beyond `seq`, ascending. */
  behind(seq: number): readonly Span[] {
    return this.#spans.filter(({ to }) => to > seq);
  }

  /** All up to `seq` was looked at, and is at the peer: that it filled some of that says no more. */
  forget(seq: number): void {
    if ((this.#spans[0]?.from ?? Infinity) > seq) return;
    this.#spans = [...this.behind(seq)];
  }
}
