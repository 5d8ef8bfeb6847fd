/**
 * From a saved file to edits. An editor hands over a whole file; the edit is the difference between what its disk
 * showed (`base`) and what it holds now, never the difference from the newest state, which the person had not seen.
 *
 * A change of kind leaves the other kind as it is and writes a version. It replaces what the disk showed, and nothing
 * else: what was listed as a conflict stays listed until a person decides, however often the shown content is saved.
 */
import type * as Y from 'yjs';
import { utf8 } from '../../base/index.ts';
import { contentDigest, type FileContent, sameContent } from './content.ts';
import { type DetailedState, readDetails, TEXT_ID } from './state.ts';
import { writeHunks } from './text-edit.ts';
import { type Hunk, textHunks, type Unit } from './text-hunks.ts';
import { writeVersion } from './version.ts';

export interface SaveOptions {
  /** 10 hexadecimal digits of the author's. */
  readonly tag: string;
  readonly unit: Unit;
}

/**
 * Writes what `content` changed of what `base` shows, as one ordinary transaction on `live` (or as part of the one
 * that is open). Only characters that `base` shows are deleted.
 * @param base the document as the saver's disk showed it: an older or equal state, possibly `live` itself
 * @returns false if `base` shows this content already; nothing is written then
 */
export function saveContent(live: Y.Doc, base: Y.Doc, content: FileContent, options: SaveOptions): boolean {
  const before = readDetails(base);
  if (sameContent(before.shown, content)) return false;
  const hunks = content.kind === 'text' ? textHunks(before.text, content.text, options.unit) : [];
  live.transact(() => {
    if (content.kind === 'blob') writeBlob(live, before, content, options.tag);
    else if (before.shown.kind === 'text') writeHunks(live, base, hunks);
    else writeTextOverBlob(live, base, before, hunks, options.tag);
  });
  return true;
}

function writeBlob(live: Y.Doc, before: DetailedState, content: FileContent, tag: string): void {
  // A text in conflict is not settled by a save of the blob: the version carries on what the replaced one saw.
  const saw = textInConflict(before) ? (before.top?.saw ?? '') : contentDigest(utf8(before.text));
  writeVersion(live, tag, { content, kept: false, saw, replaces: keysOfShown(before) });
}

function writeTextOverBlob(live: Y.Doc, base: Y.Doc, before: DetailedState, hunks: readonly Hunk[], tag: string): void {
  const saw = contentDigest(utf8(before.text));
  // The document has one text. If the one it holds is in conflict, it is kept before the saved one takes its place.
  if (textInConflict(before)) {
    const content: FileContent = { kind: 'text', text: before.text };
    writeVersion(live, tag, { content, kept: true, saw, replaces: [] });
  }
  writeHunks(live, base, hunks);
  const texts = before.current.filter((version) => version.content === undefined).map(({ key }) => key);
  writeVersion(live, tag, { content: undefined, kept: false, saw, replaces: [...keysOfShown(before), ...texts] });
}

const textInConflict = (state: DetailedState): boolean => state.others.some(({ id }) => id === TEXT_ID);

/** All current versions that say what is shown: two devices may have stored the same bytes. */
function keysOfShown({ current, shown, top }: DetailedState): string[] {
  const says = (content: FileContent | undefined): boolean =>
    content === undefined ? top?.content === undefined : sameContent(content, shown);
  return current.filter(({ content, kept }) => !kept && says(content)).map(({ key }) => key);
}
