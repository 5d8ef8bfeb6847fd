/**
 * Documents that the peer has no room for, and the places of the own log that wait for that. They are not sent until room is looked
 * for again; what stands beside and behind them is.
 */
import type { DocumentId } from '../base/index.ts';
import type { Span } from '../log/index.ts';

export class Withheld {
  readonly #places = new Map<DocumentId, Set<number>>();
  #first = Infinity;

  /** From now on nothing of this document is sent. */
  hold(document: DocumentId): void {
    if (!this.#places.has(document)) this.#places.set(document, new Set());
  }

  has(document: DocumentId): boolean {
    return this.#places.has(document);
  }

  /** The peer lacks what stands there. */
  add(document: DocumentId, seq: number): void {
    this.hold(document);
    this.#places.get(document)?.add(seq);
    this.#first = Math.min(this.#first, seq);
  }

  get documents(): readonly DocumentId[] {
    return [...this.#places.keys()];
  }

  /** The first place that waits; beyond all places if none does. */
  get first(): number {
    return this.#first;
  }

  /** Where nothing waits behind the first place that does, up to `seq`, ascending. */
  between(seq: number): Span[] {
    const places = [...this.#places.values()].flatMap((of) => [...of]).sort((a, b) => a - b);
    const spans: Span[] = [];
    for (const [i, place] of places.entries()) {
      const to = Math.min(seq, (places[i + 1] ?? Infinity) - 1);
      if (to > place) spans.push({ from: place + 1, to });
    }
    return spans;
  }

  clear(): void {
    this.#places.clear();
    this.#first = Infinity;
  }
}
