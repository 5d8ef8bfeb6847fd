/**
 * The difference of two texts as hunks: whole lines by patience, slid as git does, and in prose words inside replaced
 * lines. Two devices that make the same edit of the same base find the same hunks, and so edit the same place.
 *
 * Time is bounded on any input by bounding the work that a better answer may cost: beyond it hunks get larger, never
 * wrong. A boundary never separates a surrogate pair, nor CR from LF.
 */
import type { Hunk, Unit } from './hunk.ts';
import { splitLines, startsOf } from './lines.ts';
import type { Range } from './range.ts';
import { differingRanges } from './sequence-diff.ts';
import { wordHunks } from './words.ts';

/** UTF-16 units that are compared by words for one save. What lies beyond is replaced by whole lines. */
const WORDS_BUDGET = 256 * 1024;
/** From this length on a line is data rather than a line of code; replacing all of it would grow the document by it. */
const LONG_LINE = 2048;

/** Hunks that turn `base` into `next`, ascending, none touching another; empty if they are equal. */
export function textHunks(base: string, next: string, unit: Unit): Hunk[] {
  if (base === next) return [];
  const hunks: Hunk[] = [];
  let budget = WORDS_BUDGET;
  for (const hunk of lineHunks(base, next)) {
    const removed = base.slice(hunk.offset, hunk.offset + hunk.remove);
    const isReplaced = hunk.remove > 0 && hunk.insert !== '';
    if (isReplaced && (unit === 'words' || hasLongLine(removed))) {
      const words = wordHunks(removed, hunk.insert, budget);
      budget -= words.cost;
      for (const word of words.hunks) hunks.push({ ...word, offset: hunk.offset + word.offset });
    } else {
      hunks.push(hunk);
    }
  }
  return hunks;
}

function lineHunks(base: string, next: string): Hunk[] {
  const lineEnd = /\r\n|\r|\n/.exec(base)?.[0] ?? /\r\n|\r|\n/.exec(next)?.[0] ?? '\n';
  const [a, aAdded] = complete(base, lineEnd);
  const [b, bAdded] = complete(next, lineEnd);
  const [aLines, bLines] = [splitLines(a), splitLines(b)];
  const [aStarts, bStarts] = [startsOf(aLines), startsOf(bLines)];
  const hunks = differingRanges(aLines, bLines).map((range) => hunkOf(range, aStarts, bStarts, b));
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

const hasLongLine = (text: string): boolean => splitLines(text).some((line) => line.length >= LONG_LINE);

function hunkOf(range: Range, aStarts: Int32Array, bStarts: Int32Array, next: string): Hunk {
  const offset = aStarts[range.aFrom] as number;
  return {
    offset,
    remove: (aStarts[range.aTo] as number) - offset,
    insert: next.slice(bStarts[range.bFrom], bStarts[range.bTo]),
  };
}
