/**
 * A long computation in slices: it counts its steps, and whoever runs it can let others have their turn after so many of them. Run at
 * once, it is as if it were not cut.
 */

/** Yields between two slices. */
export type Sliced<Result> = Generator<void, Result, void>;

/** Steps of a slice. One takes between a hundredth of a microsecond and a whole one. */
const STEPS = 16_384;

export class Slice {
  #left = STEPS;

  /** Whether a slice has ended with these steps. */
  endsAfter(steps: number): boolean {
    this.#left -= steps;
    if (this.#left > 0) return false;
    this.#left = STEPS;
    return true;
  }
}

/** Places that a pass goes over at once: a millisecond or two. */
const AT_ONCE = 65_536;

/** Goes over places in their order, in pieces that are no longer. */
export function* pass(
  { from, to }: { readonly from: number; readonly to: number },
  slice: Slice,
  over: (from: number, to: number) => void,
): Sliced<void> {
  for (let at = from; at < to; at += AT_ONCE) {
    const end = Math.min(to, at + AT_ONCE);
    over(at, end);
    if (slice.endsAfter((end - at) >> 3)) yield;
  }
}

export function atOnce<Result>(computation: Sliced<Result>): Result {
  for (;;) {
    const step = computation.next();
    if (step.done === true) return step.value;
  }
}
