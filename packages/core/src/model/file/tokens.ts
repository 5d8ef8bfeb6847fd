/** Equal pieces of texts as equal numbers, counted from 0, so that comparing long lines costs nothing. */
export class Tokens {
  readonly #numbers = new Map<string, number>();

  of(pieces: readonly string[]): number[] {
    return pieces.map((piece) => {
      let number = this.#numbers.get(piece);
      if (number === undefined) this.#numbers.set(piece, (number = this.#numbers.size));
      return number;
    });
  }

  /** The number of a piece that has one. */
  known(piece: string): number | undefined {
    return this.#numbers.get(piece);
  }
}
