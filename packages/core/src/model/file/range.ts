/** Tokens `aFrom` to `aTo` of one sequence against tokens `bFrom` to `bTo` of another; either may be none. */
export interface Range {
  readonly aFrom: number;
  readonly aTo: number;
  readonly bFrom: number;
  readonly bTo: number;
}

/** The range without the equal tokens at its beginning and its end. */
export function trimRange(a: Int32Array, b: Int32Array, { aFrom, aTo, bFrom, bTo }: Range): Range {
  while (aFrom < aTo && bFrom < bTo && a[aFrom] === b[bFrom]) {
    aFrom++;
    bFrom++;
  }
  while (aFrom < aTo && bFrom < bTo && a[aTo - 1] === b[bTo - 1]) {
    aTo--;
    bTo--;
  }
  return { aFrom, aTo, bFrom, bTo };
}
