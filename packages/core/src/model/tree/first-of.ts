/**
 * Who comes first of many that come and go, in a binary heap: each coming and going costs steps by the logarithm of their
 * number. An item is compared by the rank that it came with. Ranks of several items may change before anybody tells of it,
 * and comparing what is with what was would spoil the order of all.
 */
interface Place<Item, Rank> {
  readonly item: Item;
  readonly rank: Rank;
  at: number;
}

export class FirstOf<Item, Rank> {
  readonly #compare: (a: Rank, b: Rank) => number;
  readonly #heap: Place<Item, Rank>[] = [];
  readonly #places = new Map<Item, Place<Item, Rank>>();

  /** `compare` tells equal only of a rank and itself. */
  constructor(compare: (a: Rank, b: Rank) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#heap.length;
  }

  get first(): Item | undefined {
    return this.#heap[0]?.item;
  }

  items(): Iterable<Item> {
    return this.#places.keys();
  }

  has(item: Item): boolean {
    return this.#places.has(item);
  }

  /** One that is here already has this rank from now on. */
  put(item: Item, rank: Rank): void {
    this.delete(item);
    const place = { item, rank, at: this.#heap.length };
    this.#places.set(item, place);
    this.#heap.push(place);
    this.#rise(place);
  }

  delete(item: Item): boolean {
    const place = this.#places.get(item);
    if (place === undefined) return false;
    this.#places.delete(item);
    const last = this.#heap.pop() as Place<Item, Rank>;
    if (last === place) return true;
    this.#set(last, place.at);
    this.#rise(last);
    this.#sink(last);
    return true;
  }

  /** Takes out the first one. */
  take(): Item | undefined {
    const { first } = this;
    if (first !== undefined) this.delete(first);
    return first;
  }

  #rise(place: Place<Item, Rank>): void {
    while (place.at > 0) {
      const above = this.#heap[(place.at - 1) >> 1] as Place<Item, Rank>;
      if (this.#compare(above.rank, place.rank) <= 0) return;
      this.#swap(place, above);
    }
  }

  #sink(place: Place<Item, Rank>): void {
    for (;;) {
      const [left, right] = [this.#heap[2 * place.at + 1], this.#heap[2 * place.at + 2]];
      if (left === undefined) return;
      const below = right !== undefined && this.#compare(right.rank, left.rank) < 0 ? right : left;
      if (this.#compare(place.rank, below.rank) <= 0) return;
      this.#swap(below, place);
    }
  }

  #swap(a: Place<Item, Rank>, b: Place<Item, Rank>): void {
    const { at } = a;
    this.#set(a, b.at);
    this.#set(b, at);
  }

  #set(place: Place<Item, Rank>, at: number): void {
    place.at = at;
    this.#heap[at] = place;
  }
}
