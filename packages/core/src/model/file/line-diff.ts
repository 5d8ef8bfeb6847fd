/**
 * What differs between two texts, for people to read: lines by the rule of saves, with a few that are equal around them. A line ends
 * with LF alone here, as in every unified diff.
 */
import type { Range } from './range.ts';
import { differingRanges } from './sequence-diff.ts';
import { Slice, type Sliced } from './slice.ts';

export interface DiffLine {
  readonly kind: 'same' | 'removed' | 'added';
  /** With its line end, if it has one. */
  readonly text: string;
}

/** Lines of both texts that stand together. Of no lines the place is that of the line before, 0 in front of all. */
export interface DiffHunk {
  /** The first line in the text before, from 1. */
  readonly fromLine: number;
  readonly fromCount: number;
  /** The same in the text behind. */
  readonly toLine: number;
  readonly toCount: number;
  readonly lines: readonly DiffLine[];
}

/** Equal lines around a difference. */
const AROUND = 3;

/** Ascending; none for equal texts. In slices of which none takes long on any input. */
export function* lineDiffInSlices(before: string, behind: string): Sliced<DiffHunk[]> {
  if (before === behind) return [];
  const slice = new Slice();
  const a = yield* linesOf(before, slice);
  const b = yield* linesOf(behind, slice);
  const ranges = yield* differingRanges(a, b, slice);
  const hunks: DiffHunk[] = [];
  for (const group of together(ranges)) hunks.push(yield* hunkOf(group, a, b, slice));
  return hunks;
}

function* linesOf(text: string, slice: Slice): Sliced<string[]> {
  const lines: string[] = [];
  for (let start = 0; start < text.length;) {
    const end = text.indexOf('\n', start) + 1 || text.length;
    if (slice.endsAfter(1 + ((end - start) >> 6))) yield;
    lines.push(text.slice(start, end));
    start = end;
  }
  return lines;
}

/** Ranges whose surroundings touch are one hunk. */
function together(ranges: readonly Range[]): Range[][] {
  const groups: Range[][] = [];
  for (const range of ranges) {
    const group = groups.at(-1);
    const last = group?.at(-1);
    if (group === undefined || last === undefined || range.aFrom - last.aTo > 2 * AROUND)
      groups.push([range]);
    else group.push(range);
  }
  return groups;
}

function* hunkOf(
  ranges: readonly Range[],
  a: readonly string[],
  b: readonly string[],
  slice: Slice,
): Sliced<DiffHunk> {
  const [first, last] = [ranges[0] as Range, ranges.at(-1) as Range];
  const aFrom = Math.max(0, first.aFrom - AROUND);
  const aTo = Math.min(a.length, last.aTo + AROUND);
  const bFrom = first.bFrom - (first.aFrom - aFrom);
  const bTo = last.bTo + (aTo - last.aTo);
  const lines: DiffLine[] = [];
  function* add(kind: DiffLine['kind'], of: readonly string[], from: number, to: number): Sliced<void> {
    for (let i = from; i < to; i++) {
      if (slice.endsAfter(1)) yield;
      lines.push({ kind, text: of[i] as string });
    }
  }
  let at = aFrom;
  for (const range of ranges) {
    yield* add('same', a, at, range.aFrom);
    yield* add('removed', a, range.aFrom, range.aTo);
    yield* add('added', b, range.bFrom, range.bTo);
    at = range.aTo;
  }
  yield* add('same', a, at, aTo);
  const fromCount = aTo - aFrom;
  const toCount = bTo - bFrom;
  return {
    fromLine: fromCount === 0 ? aFrom : aFrom + 1,
    fromCount,
    toLine: toCount === 0 ? bFrom : bFrom + 1,
    toCount,
    lines,
  };
}
