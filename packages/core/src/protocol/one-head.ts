/**
 * Heads of a single author, which is what most files have: a `Map` of one entry takes some 200 bytes, and each closed file has one in
 * memory.
 */
import type { AuthorId } from '../base/index.ts';

export class OneHead implements ReadonlyMap<AuthorId, number> {
  readonly #author: AuthorId;
  readonly #counter: number;

  constructor(author: AuthorId, counter: number) {
    this.#author = author;
    this.#counter = counter;
  }

  get size(): number {
    return 1;
  }

  get(author: AuthorId): number | undefined {
    return author === this.#author ? this.#counter : undefined;
  }

  has(author: AuthorId): boolean {
    return author === this.#author;
  }

  forEach(callback: (counter: number, author: AuthorId, heads: ReadonlyMap<AuthorId, number>) => void): void {
    callback(this.#counter, this.#author, this);
  }

  keys(): MapIterator<AuthorId> {
    return [this.#author].values();
  }

  values(): MapIterator<number> {
    return [this.#counter].values();
  }

  entries(): MapIterator<[AuthorId, number]> {
    const entry: [AuthorId, number] = [this.#author, this.#counter];
    return [entry].values();
  }

  [Symbol.iterator](): MapIterator<[AuthorId, number]> {
    return this.entries();
  }
}
