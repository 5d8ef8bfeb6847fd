/**
 * The difference of two texts in pieces, lines or words: anchored by patience, filled in by Myers, then slid.
 *
 * Pieces that are equal at both ends are compared and get no numbers: in a large text that is nearly all of them, and giving numbers
 * costs more than anything else here.
 */
import { patienceRanges } from './patience.ts';
import type { Range } from './range.ts';
import type { Slice, Sliced } from './slice.ts';
import { slideRanges } from './slide.ts';
import { Tokens } from './tokens.ts';

/** The ranges that differ, ascending. Between two of them at least one piece is equal. */
export function* differingRanges(a: readonly string[], b: readonly string[], slice: Slice): Sliced<Range[]> {
  const shorter = Math.min(a.length, b.length);
  let before = 0;
  while (before < shorter && a[before] === b[before]) before++;
  let behind = 0;
  while (behind < shorter - before && a[a.length - 1 - behind] === b[b.length - 1 - behind]) behind++;
  const tokens = new Tokens();
  if (slice.endsAfter((before + behind) >> 3)) yield;
  const aMiddle = yield* tokens.of(a.slice(before, a.length - behind), slice);
  const bMiddle = yield* tokens.of(b.slice(before, b.length - behind), slice);
  // A range slides on over pieces that are like its own, and no further.
  for (let at = a.length - behind; at < a.length; at++) {
    const token = tokens.known(a[at] as string);
    if (token === undefined) break;
    aMiddle.push(token);
    bMiddle.push(token);
  }
  const ranges = yield* sequenceRanges(Int32Array.from(aMiddle), Int32Array.from(bMiddle), slice);
  return ranges.map((range) => ({
    aFrom: before + range.aFrom,
    aTo: before + range.aTo,
    bFrom: before + range.bFrom,
    bTo: before + range.bTo,
  }));
}

/** The same of two sequences of tokens. */
export function* sequenceRanges(a: Int32Array, b: Int32Array, slice: Slice): Sliced<Range[]> {
  return yield* slideRanges(a, b, yield* patienceRanges(a, b, slice), slice);
}
