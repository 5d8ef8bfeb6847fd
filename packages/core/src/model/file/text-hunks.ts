/**
 * The difference of two texts as hunks: whole lines by patience, slid as git does, and in prose words inside replaced
 * lines. Two devices that make the same edit of the same base find the same hunks, and so edit the same place.
 *
 * Time is bounded on any input by bounding the work that a better answer may cost: beyond it hunks get larger, never
 * wrong. A boundary never separates a surrogate pair, nor CR from LF.
 */
import { fewerHunks } from './fewer-hunks.ts';
import type { Hunk, Unit } from './hunk.ts';
import { hasLineOf, linesOf, startsOf } from './lines.ts';
import type { Range } from './range.ts';
import { differingRanges } from './sequence-diff.ts';
import { atOnce, Slice, type Sliced } from './slice.ts';
import { wordHunks } from './words.ts';

/** UTF-16 units that are compared by words for one save. What lies beyond is replaced by whole lines. */
const WORDS_BUDGET = 256 * 1024;
/** From this length on a line is data rather than a line of code; replacing all of it would grow the document by it. */
const LONG_LINE = 2048;
/** Places at which one save writes. They are written in one turn, since nobody may see half of a save. */
const MOST_HUNKS = 2048;

/** Hunks that turn `base` into `next`, ascending, none touching another; empty if they are equal. */
export const textHunks = (base: string, next: string, unit: Unit): Hunk[] =>
  atOnce(textHunksInSlices(base, next, unit));

/** The same, in slices of which none takes long on any input. */
export function* textHunksInSlices(base: string, next: string, unit: Unit): Sliced<Hunk[]> {
  if (base === next) return [];
  const slice = new Slice();
  const hunks: Hunk[] = [];
  let budget = WORDS_BUDGET;
  for (const hunk of yield* lineHunks(base, next, slice)) {
    if (slice.endsAfter(1)) yield;
    const removed = base.slice(hunk.offset, hunk.offset + hunk.remove);
    const isReplaced = hunk.remove > 0 && hunk.insert !== '';
    if (isReplaced && (unit === 'words' || hasLineOf(LONG_LINE, removed))) {
      const words = yield* wordHunks(removed, hunk.insert, budget, slice);
      budget -= words.cost;
      for (const word of words.hunks) hunks.push({ ...word, offset: hunk.offset + word.offset });
    } else {
      hunks.push(hunk);
    }
  }
  if (hunks.length > MOST_HUNKS) yield;
  return fewerHunks(base, hunks, MOST_HUNKS);
}

function* lineHunks(base: string, next: string, slice: Slice): Sliced<Hunk[]> {
  const lineEnd = /\r\n|\r|\n/.exec(base)?.[0] ?? /\r\n|\r|\n/.exec(next)?.[0] ?? '\n';
  const [a, aAdded] = complete(base, lineEnd);
  const [b, bAdded] = complete(next, lineEnd);
  const aLines = yield* linesOf(a, slice);
  const bLines = yield* linesOf(b, slice);
  const [aStarts, bStarts] = [startsOf(aLines), startsOf(bLines)];
  const ranges = yield* differingRanges(aLines, bLines, slice);
  const hunks: Hunk[] = [];
  for (const range of ranges) {
    if (slice.endsAfter(1)) yield;
    hunks.push(hunkOf(range, aStarts, bStarts, b));
  }
  return withoutAdded(hunks, a.length, aAdded, bAdded, lineEnd);
}

/**
 * A last line without an end gets one for the comparison. Otherwise the last line would be another line as soon as one
 * is appended, and two devices that each append one would double it.
 */
function complete(text: string, lineEnd: string): [text: string, added: boolean] {
  return text === '' || text.endsWith('\n') || text.endsWith('\r') ? [text, false] : [text + lineEnd, true];
}

/** Takes the added line ends out again. `length`: of the base, with the line end that was added to it. */
function withoutAdded(
  hunks: Hunk[],
  length: number,
  fromBase: boolean,
  fromNext: boolean,
  lineEnd: string,
): Hunk[] {
  if (!fromBase && !fromNext) return hunks;
  const size = lineEnd.length;
  const last = hunks.at(-1);
  const reachesEnd = last !== undefined && last.offset + last.remove === length;
  if (reachesEnd) hunks.pop();
  const end = reachesEnd ? last : { offset: length, remove: 0, insert: '' };
  // A side that the hunk leaves empty has its added line end in front of the hunk, behind a line that both texts have.
  const borrows =
    end.remove === 0 ? fromBase || (end.insert === '' && fromNext) : end.insert === '' && fromNext;
  const borrowed = borrows ? size : 0;
  const insert = (borrows ? lineEnd : '') + end.insert;
  append(hunks, {
    offset: end.offset - borrowed,
    remove: end.remove + borrowed - (fromBase ? size : 0),
    insert: fromNext ? insert.slice(0, -size) : insert,
  });
  return hunks;
}

/** Hunks that touch become one, since their inserts would stand behind the same character. */
function append(hunks: Hunk[], hunk: Hunk): void {
  if (hunk.remove === 0 && hunk.insert === '') return;
  const last = hunks.at(-1);
  if (last !== undefined && last.offset + last.remove === hunk.offset) {
    hunks.pop();
    hunks.push({ offset: last.offset, remove: last.remove + hunk.remove, insert: last.insert + hunk.insert });
  } else {
    hunks.push(hunk);
  }
}

function hunkOf(range: Range, aStarts: Int32Array, bStarts: Int32Array, next: string): Hunk {
  const offset = aStarts[range.aFrom] as number;
  return {
    offset,
    remove: (aStarts[range.aTo] as number) - offset,
    insert: next.slice(bStarts[range.bFrom], bStarts[range.bTo]),
  };
}
