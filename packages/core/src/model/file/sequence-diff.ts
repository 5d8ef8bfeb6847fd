/** The difference of two sequences of tokens: anchored by patience, filled in by Myers, then slid. */
import { patienceRanges } from './patience.ts';
import type { Range } from './range.ts';
import { slideRanges } from './slide.ts';

/** The ranges that differ, ascending. Between two of them at least one token is equal. */
export function sequenceRanges(a: Int32Array, b: Int32Array): Range[] {
  return slideRanges(a, b, patienceRanges(a, b));
}
