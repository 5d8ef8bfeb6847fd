/** The last of many, whatever order they come in: no more than these are in memory. */
export class Newest<Item extends { readonly time?: number | undefined }> {
  /** Ascending. */
  readonly #items: Item[] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Of two at one time the one that was added later counts as later. Of what has no time nobody knows when: it counts as the oldest. */
  add(item: Item): void {
    const place = this.#placeOf(item.time ?? 0);
    if (place === 0 && this.#items.length >= this.#limit) return;
    this.#items.splice(place, 0, item);
    if (this.#items.length > this.#limit) this.#items.shift();
  }

  /** The newest first. */
  all(): Item[] {
    return this.#items.toReversed();
  }

  #placeOf(time: number): number {
    let low = 0;
    let high = this.#items.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#items[middle]?.time ?? 0) <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
