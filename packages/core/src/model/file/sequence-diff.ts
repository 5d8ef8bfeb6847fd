/**
 * The difference of two texts in pieces, lines or words: anchored by patience, filled in by Myers, then slid.
 *
 * Pieces that are equal at both ends are compared and get no numbers: in a large text that is nearly all of them, and giving numbers
 * costs more than anything else here.
 */
import { patienceRanges } from './patience.ts';
import type { Range } from './range.ts';
import { slideRanges } from './slide.ts';
import { Tokens } from './tokens.ts';

/** The ranges that differ, ascending. Between two of them at least one piece is equal. */
export function differingRanges(a: readonly string[], b: readonly string[]): Range[] {
  const shorter = Math.min(a.length, b.length);
  let before = 0;
  while (before < shorter && a[before] === b[before]) before++;
  let behind = 0;
  while (behind < shorter - before && a[a.length - 1 - behind] === b[b.length - 1 - behind]) behind++;
  const tokens = new Tokens();
  const [aMiddle, bMiddle] = [a, b].map((pieces) =>
    tokens.of(pieces.slice(before, pieces.length - behind)),
  ) as [number[], number[]];
  // A range slides on over pieces that are like its own, and no further.
  for (let at = a.length - behind; at < a.length; at++) {
    const token = tokens.known(a[at] as string);
    if (token === undefined) break;
    aMiddle.push(token);
    bMiddle.push(token);
  }
  return sequenceRanges(Int32Array.from(aMiddle), Int32Array.from(bMiddle)).map((range) => ({
    aFrom: before + range.aFrom,
    aTo: before + range.aTo,
    bFrom: before + range.bFrom,
    bTo: before + range.bTo,
  }));
}

/** The same of two sequences of tokens. */
export function sequenceRanges(a: Int32Array, b: Int32Array): Range[] {
  return slideRanges(a, b, patienceRanges(a, b));
}
