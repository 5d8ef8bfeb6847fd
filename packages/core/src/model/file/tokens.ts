/** Equal pieces of texts as equal numbers, counted from 0, so that comparing long lines costs nothing. */
import type { Slice, Sliced } from './slice.ts';

export class Tokens {
  readonly #numbers = new Map<string, number>();

  *of(pieces: readonly string[], slice: Slice): Sliced<number[]> {
    const numbers: number[] = [];
    for (const piece of pieces) {
      let number = this.#numbers.get(piece);
      if (number === undefined) this.#numbers.set(piece, (number = this.#numbers.size));
      numbers.push(number);
      if (slice.endsAfter(1)) yield;
    }
    return numbers;
  }

  /** The number of a piece that has one. */
  known(piece: string): number | undefined {
    return this.#numbers.get(piece);
  }
}
