/**
 * The characters of a shown text by identity. Yjs names a character by (client, clock) for ever, so identities taken
 * from an old state of a document find the same characters in a newer one.
 */
import * as Y from 'yjs';
import type { Hunk } from './hunk.ts';
import { rootText } from './layout.ts';

/** Characters that stand side by side in the text and have consecutive clocks of one client. */
export interface Run {
  /** Place of the first in the shown text, in UTF-16 units, which is what Yjs counts. */
  readonly offset: number;
  readonly client: number;
  readonly clock: number;
  readonly length: number;
}

/** Characters with consecutive clocks of one client, wherever they stand. */
export type Piece = Omit<Run, 'offset'>;

const LONE_SURROGATE = /\p{Surrogate}/gu;

/**
 * The text as a file can hold it: half a surrogate pair, which an editor binding can leave behind, has no bytes in
 * UTF-8 and becomes U+FFFD. The length stays, so offsets are those of the document.
 */
export function textOfDocument(doc: Y.Doc): string {
  let text = '';
  for (const { content } of textItems(doc)) text += content.str;
  return text.replace(LONE_SURROGATE, '\ufffd');
}

export function runsOfDocument(doc: Y.Doc): Run[] {
  const runs = new RunList();
  for (const { id, length } of textItems(doc)) runs.add(id.client, id.clock, length);
  return runs.runs;
}

/** The runs after hunks were applied, `inserted` being the characters of their inserts. */
export function editedRuns(
  runs: readonly Run[],
  hunks: readonly Hunk[],
  inserted: readonly (readonly Piece[])[],
): Run[] {
  const edited = new RunList();
  let index = 0;
  let at = 0;
  const keep = (to: number): void => {
    for (; index < runs.length; index++) {
      const { offset, client, clock, length } = runs[index] as Run;
      const from = Math.max(at, offset);
      const end = Math.min(to, offset + length);
      if (from < end) edited.add(client, clock + from - offset, end - from);
      if (offset + length > to) break;
    }
    at = to;
  };
  hunks.forEach(({ offset, remove }, i) => {
    keep(offset);
    for (const { client, clock, length } of inserted[i] ?? []) edited.add(client, clock, length);
    at = offset + remove;
  });
  keep(Number.POSITIVE_INFINITY);
  return edited.runs;
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

/** Runs in the making. */
export class RunList {
  readonly runs: Run[] = [];
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** One that continues the last becomes a part of it. */
  add(client: number, clock: number, length: number): void {
    const last = this.runs.at(-1);
    if (last !== undefined && last.client === client && last.clock + last.length === clock) {
      this.runs[this.runs.length - 1] = { ...last, length: last.length + length };
    } else {
      this.runs.push({ offset: this.#length, client, clock, length });
    }
    this.#length += length;
  }
}

type TextItem = Y.Item & { readonly content: Y.ContentString };

/** Formats and embedded objects, which other programs may have put into the document, are no characters of a file. */
function* textItems(doc: Y.Doc): Generator<TextItem> {
  for (const item of Y.getTypeChildren(rootText(doc))) {
    if (!item.deleted && item.content instanceof Y.ContentString) yield item as TextItem;
  }
}
