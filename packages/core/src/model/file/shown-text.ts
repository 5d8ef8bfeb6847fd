/**
 * The characters a document shows, and the identity of each. Yjs names a character by (client, clock) for ever, so
 * identities taken from an old state of a document find the same characters in a newer one.
 */
import * as Y from 'yjs';
import { rootText } from './layout.ts';

/** Characters that stand side by side and have consecutive clocks of one client. */
export interface Run {
  /** Place of the first in the shown text, in UTF-16 units. */
  readonly offset: number;
  readonly client: number;
  readonly clock: number;
  readonly length: number;
}

const LONE_SURROGATE = /\p{Surrogate}/gu;

/**
 * The text as a file can hold it: half a surrogate pair, which an editor binding can leave behind, has no bytes in
 * UTF-8 and becomes U+FFFD. The length stays, so offsets are those of the document.
 */
export function shownText(doc: Y.Doc): string {
  let text = '';
  for (const { content } of shownItems(doc)) text += content.str;
  return text.replace(LONE_SURROGATE, '\ufffd');
}

export function shownRuns(doc: Y.Doc): Run[] {
  const runs: Run[] = [];
  let offset = 0;
  for (const { id, length } of shownItems(doc)) {
    runs.push({ offset, client: id.client, clock: id.clock, length });
    offset += length;
  }
  return runs;
}

/** Index of the run with the character at `offset`, which lies inside the text. */
export function runAt(runs: readonly Run[], offset: number): number {
  let low = 0;
  let high = runs.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((runs[middle] as Run).offset <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

type TextItem = Y.Item & { readonly content: Y.ContentString };

/** Formats and embedded objects, which other programs may have put into the document, are no characters of a file. */
function* shownItems(doc: Y.Doc): Generator<TextItem> {
  for (let item = rootText(doc)._start; item !== null; item = item.right) {
    if (!item.deleted && item.content instanceof Y.ContentString) yield item as TextItem;
  }
}
