/** Equal pieces of two texts as equal numbers, counted from 0, so that comparing long lines costs nothing. */
export function internTokens(a: readonly string[], b: readonly string[]): [Int32Array, Int32Array] {
  const numbers = new Map<string, number>();
  const intern = (pieces: readonly string[]): Int32Array =>
    Int32Array.from(pieces, (piece) => {
      let number = numbers.get(piece);
      if (number === undefined) numbers.set(piece, (number = numbers.size));
      return number;
    });
  return [intern(a), intern(b)];
}
