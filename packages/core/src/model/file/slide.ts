/**
 * Which of several equal answers: an insertion or a deletion that fits at several places (a blank line among blank
 * lines, one more function between two closing braces) is pushed as far down as it goes, as git does. Two devices
 * that made the same edit among different other edits then made it at the same place.
 */
import { type Range, trimRange } from './range.ts';
import type { Slice, Sliced } from './slice.ts';

export function* slideRanges(
  a: Int32Array,
  b: Int32Array,
  ranges: readonly Range[],
  slice: Slice,
): Sliced<Range[]> {
  // From the last to the first, because a range goes as far as the one behind it leaves room.
  const placed: Range[] = [];
  for (const range of ranges.toReversed()) {
    if (slice.endsAfter(1)) yield;
    placed.push(slide(a, b, range, placed));
  }
  return placed.toReversed();
}

/** The range at its lowest place. One that reaches the next takes it in, and goes on if it still can. */
function slide(a: Int32Array, b: Int32Array, range: Range, placed: Range[]): Range {
  for (;;) {
    const next = placed.at(-1);
    const limit = next?.aFrom ?? a.length;
    const steps = stepsDown(a, b, range, limit);
    const slid = {
      aFrom: range.aFrom + steps,
      aTo: range.aTo + steps,
      bFrom: range.bFrom + steps,
      bTo: range.bTo + steps,
    };
    if (next === undefined || slid.aTo < next.aFrom) return slid;
    placed.pop();
    range = trimRange(a, b, { aFrom: slid.aFrom, aTo: next.aTo, bFrom: slid.bFrom, bTo: next.bTo });
  }
}

function stepsDown(a: Int32Array, b: Int32Array, { aFrom, aTo, bFrom, bTo }: Range, limit: number): number {
  let steps = 0;
  if (aFrom === aTo) {
    while (aFrom + steps < limit && a[aFrom + steps] === b[bFrom + steps]) steps++;
  } else if (bFrom === bTo) {
    while (aTo + steps < limit && a[aFrom + steps] === a[aTo + steps]) steps++;
  }
  return steps;
}
