/**
 * Documents that the peer has no room for, and the places of the own log that wait for that. They are not sent until room is looked
 * for again; what stands beside and behind them is.
 */
import type { DocumentId } from '../base/index.ts';
import type { Span } from '../log/index.ts';
import { SPANS } from './received-places.ts';

export class Withheld {
  readonly #documents = new Set<DocumentId>();
  /** Ascending, each once. */
  #places: number[] = [];

  /** From now on nothing of this document is sent. */
  hold(document: DocumentId): void {
    this.#documents.add(document);
  }

  has(document: DocumentId): boolean {
    return this.#documents.has(document);
  }

  /** The peer lacks what stands there. */
  add(document: DocumentId, seq: number): void {
    this.hold(document);
    const at = this.#indexOf(seq);
    if (this.#places[at] !== seq) this.#places.splice(at, 0, seq);
  }

  get documents(): ReadonlySet<DocumentId> {
    return this.#documents;
  }

  /** The first place that waits; beyond all places if none does. */
  get first(): number {
    return this.#places[0] ?? Infinity;
  }

  /** Where nothing waits behind the first place that does, up to `seq`, ascending: the latest, as many as are kept. */
  between(seq: number): Span[] {
    const spans: Span[] = [];
    let to = seq;
    for (let i = this.#indexOf(seq + 1) - 1; i >= 0 && spans.length < SPANS; i--) {
      const place = this.#places[i] as number;
      if (to > place) spans.push({ from: place + 1, to });
      to = place - 1;
    }
    return spans.reverse();
  }

  clear(): void {
    this.#documents.clear();
    this.#places = [];
  }

  /** Of the first place at or behind `seq`. What is added is mostly behind all that is there. */
  #indexOf(seq: number): number {
    let low = 0;
    let high = this.#places.length;
    if ((this.#places[high - 1] ?? 0) < seq) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#places[middle] as number) < seq) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
