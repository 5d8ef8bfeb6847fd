/** A text as lines, each with its end: LF, CR LF, or the lone CR of old systems. The last one may have none. */

const LF = 10;
const CR = 13;

export function splitLines(text: string): string[] {
  const lines: string[] = [];
  let start = 0;
  for (let at = nextEnd(text, 0); at < text.length; at = nextEnd(text, start)) {
    const isPair = text.charCodeAt(at) === CR && text.charCodeAt(at + 1) === LF;
    const end = at + (isPair ? 2 : 1);
    lines.push(text.slice(start, end));
    start = end;
  }
  if (start < text.length) lines.push(text.slice(start));
  return lines;
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
