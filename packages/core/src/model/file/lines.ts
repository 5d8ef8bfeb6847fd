/** A text as lines, each with its end: LF, CR LF, or the lone CR of old systems. The last one may have none. */
import type { Slice, Sliced } from './slice.ts';

const LF = 10;
const CR = 13;

export function* linesOf(text: string, slice: Slice): Sliced<string[]> {
  const lines: string[] = [];
  let start = 0;
  for (let at = nextEnd(text, 0); at < text.length; at = nextEnd(text, start)) {
    const isPair = text.charCodeAt(at) === CR && text.charCodeAt(at + 1) === LF;
    const end = at + (isPair ? 2 : 1);
    if (slice.endsAfter(1 + ((end - start) >> 6))) yield;
    lines.push(text.slice(start, end));
    start = end;
  }
  if (start < text.length) lines.push(text.slice(start));
  return lines;
}

/** Whether one of the lines, its end included, has so many UTF-16 units. */
export function hasLineOf(length: number, text: string): boolean {
  for (let start = 0; text.length - start >= length;) {
    const end = nextEnd(text, start);
    if (end + 1 - start >= length) return true;
    start = end + 1;
  }
  return false;
}

function nextEnd(text: string, from: number): number {
  let at = from;
  for (; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit === LF || unit === CR) break;
  }
  return at;
}

/** Where each piece begins when they stand in a row, and where the last one ends. */
export function startsOf(pieces: readonly string[]): Int32Array {
  const starts = new Int32Array(pieces.length + 1);
  pieces.forEach((piece, i) => {
    starts[i + 1] = (starts[i] as number) + piece.length;
  });
  return starts;
}
