/** Words inside replaced text: what stays of a sentence when somebody rephrases another part of it. */
import type { Hunk } from './hunk.ts';
import { startsOf } from './lines.ts';
import type { Range } from './range.ts';
import { differingRanges } from './sequence-diff.ts';
import type { Slice, Sliced } from './slice.ts';

/** Scripts that write without spaces: each of their characters is a word. */
const SPACELESS =
  '[\\p{Script=Han}\\p{Script=Hiragana}\\p{Script=Katakana}\\p{Script=Thai}\\p{Script=Lao}\\p{Script=Khmer}\\p{Script=Myanmar}]';
const WORD = new RegExp(
  [
    '\\r\\n|[\\r\\n]',
    `${SPACELESS}\\p{M}*`,
    `(?:(?!${SPACELESS})[\\p{L}\\p{N}_]\\p{M}*)+`,
    '[^\\S\\r\\n]+',
    // Anything else, with the marks, skin tones and joined signs that make one visible character with it.
    '[^](?:\\p{M}|\\p{Emoji_Modifier}|\\u200d[^\\r\\n])*',
  ].join('|'),
  'gu',
);
const HAS_WORD = /[\p{L}\p{N}]/u;
const HAS_WORD_OR_LINE_END = /[\p{L}\p{N}\r\n]/u;

/**
 * Hunks inside one replaced text, with offsets from its beginning, and how much was compared for them. Texts larger
 * than `budget` are replaced whole, but for what is equal at their ends.
 */
export function* wordHunks(
  removed: string,
  inserted: string,
  budget: number,
  slice: Slice,
): Sliced<{ hunks: Hunk[]; cost: number }> {
  const { before, behind } = equalEnds(removed, inserted);
  const base = removed.slice(before, removed.length - behind);
  const next = inserted.slice(before, inserted.length - behind);
  const cost = base.length + next.length;
  if (cost > budget) return { hunks: [{ offset: before, remove: base.length, insert: next }], cost: 0 };
  if (slice.endsAfter(cost >> 3)) yield;
  const aWords = base.match(WORD) ?? [];
  if (slice.endsAfter(cost >> 3)) yield;
  const bWords = next.match(WORD) ?? [];
  const [aStarts, bStarts] = [startsOf(aWords), startsOf(bWords)];
  const differing = yield* differingRanges(aWords, bWords, slice);
  // With no word in common these are other lines, and a line keeps its own end: it may be deleted with it elsewhere.
  if (before + behind === 0 && !sharesWord(differing, aWords)) {
    return { hunks: [{ offset: 0, remove: removed.length, insert: inserted }], cost };
  }
  const ranges = joinOverGaps(differing, aWords);
  const hunks = ranges.map(({ aFrom, aTo, bFrom, bTo }) => {
    const start = aStarts[aFrom] as number;
    const insert = next.slice(bStarts[bFrom], bStarts[bTo]);
    return { offset: before + start, remove: (aStarts[aTo] as number) - start, insert };
  });
  return { hunks, cost };
}

function sharesWord(differing: readonly Range[], words: readonly string[]): boolean {
  let at = 0;
  for (const { aFrom, aTo } of [...differing, { aFrom: words.length, aTo: words.length }]) {
    for (; at < aFrom; at++) if (HAS_WORD.test(words[at] as string)) return true;
    at = aTo;
  }
  return false;
}

/**
 * Two replaced words with only a blank or a comma between them are one replaced phrase: kept apart, two people's
 * versions of the phrase would alternate word by word.
 */
function joinOverGaps(ranges: readonly Range[], words: readonly string[]): Range[] {
  const joined: Range[] = [];
  for (const range of ranges) {
    const last = joined.at(-1);
    const gap = last === undefined ? '\n' : words.slice(last.aTo, range.aFrom).join('');
    if (last === undefined || HAS_WORD_OR_LINE_END.test(gap)) joined.push(range);
    else joined[joined.length - 1] = { aFrom: last.aFrom, aTo: range.aTo, bFrom: last.bFrom, bTo: range.bTo };
  }
  return joined;
}

/** From this size on (UTF-16 units), equal ends are cut off before anything is split into words. */
const TRIM_FROM = 32 * 1024;
/** How far a cut goes to find a blank. */
const LOOK_AROUND = 256;

/** Lengths of what is equal at the beginning and at the end, in whole words. */
function equalEnds(a: string, b: string): { before: number; behind: number } {
  if (a.length + b.length < TRIM_FROM) return { before: 0, behind: 0 };
  const shorter = Math.min(a.length, b.length);
  let before = 0;
  while (before < shorter && a.charCodeAt(before) === b.charCodeAt(before)) before++;
  before = cutBefore(a, before);
  let behind = 0;
  const room = shorter - before;
  while (behind < room && a.charCodeAt(a.length - 1 - behind) === b.charCodeAt(b.length - 1 - behind))
    behind++;
  return { before, behind: a.length - cutBehind(a, a.length - behind) };
}

/** The last place at or before `at` that follows a blank. In a text without blanks any place that cuts no pair will do. */
function cutBefore(text: string, at: number): number {
  const least = Math.max(0, at - LOOK_AROUND);
  let place = at;
  while (place > least && !isBlank(text, place - 1)) place--;
  return place > 0 && isInsidePair(text, place) ? place - 1 : place;
}

/** The first place that follows a blank at or behind `at`. */
function cutBehind(text: string, at: number): number {
  const most = Math.min(text.length, at + LOOK_AROUND);
  let place = at;
  while (place < most && (place === at || !isBlank(text, place - 1))) place++;
  return isInsidePair(text, place) ? place + 1 : place;
}

function isBlank(text: string, at: number): boolean {
  const unit = text.charCodeAt(at);
  return unit === 0x20 || unit === 0x0a || unit === 0x09;
}

function isInsidePair(text: string, at: number): boolean {
  const left = text.charCodeAt(at - 1);
  const right = text.charCodeAt(at);
  const isSurrogatePair = left >= 0xd800 && left < 0xdc00 && right >= 0xdc00 && right < 0xe000;
  return isSurrogatePair || (left === 0x0d && right === 0x0a);
}
