/**
 * From a saved file to edits. An editor hands over a whole file; the edit is the difference between what its disk
 * showed (`base`) and what it holds now, never the difference from the newest state, which the person had not seen.
 *
 * A change of kind leaves the other kind as it is and writes a version. It replaces what the disk showed, and nothing
 * else: what was listed as a conflict stays listed until a person decides, however often the shown content is saved.
 */
import type * as Y from 'yjs';
import { utf8 } from '../../base/index.ts';
import { type ComparedTexts, hunksOf } from './compared-texts.ts';
import { contentDigest, type FileContent, sameContent } from './content.ts';
import type { Unit } from './hunk.ts';
import type { ShownFile } from './shown-file.ts';
import { writeHunks } from './text-edit.ts';
import { writeVersion } from './version.ts';

export interface SaveOptions {
  /** 10 hexadecimal digits of the author's. */
  readonly tag: string;
  readonly unit: Unit;
  /** Of these texts, if somebody compared them before. */
  readonly compared?: ComparedTexts | undefined;
}

/**
 * Writes what `content` changed of what `base` shows, as one ordinary transaction on `live` (or as part of the one
 * that is open). Only characters that `base` shows are deleted.
 * @param base what the saver's disk showed: of `live` as it is, or as it was
 * @returns what the disk shows now: `base` with the save in it, nothing else; `undefined` if `base` shows this
 * content already, and then nothing is written
 */
export function saveContent(
  live: Y.Doc,
  base: ShownFile,
  content: FileContent,
  options: SaveOptions,
): ShownFile | undefined {
  if (sameContent(base.content, content)) return undefined;
  return live.transact(() =>
    content.kind === 'blob'
      ? saveBlob(live, base, content, options.tag)
      : saveText(live, base, content, options),
  );
}

function saveBlob(live: Y.Doc, base: ShownFile, content: FileContent, tag: string): ShownFile {
  // A text in conflict is not settled by a save of the blob: the version carries on what the replaced one saw.
  const saw = base.saw ?? contentDigest(utf8(base.text));
  const key = writeVersion(live, tag, { content, kept: false, saw, replaces: base.versions });
  return { ...base, content, versions: [key] };
}

function saveText(
  live: Y.Doc,
  base: ShownFile,
  content: FileContent & { kind: 'text' },
  { tag, unit, compared }: SaveOptions,
): ShownFile {
  // The document has one text. If the one it holds is in conflict, it is kept before the saved one takes its place.
  const digest = base.content.kind === 'text' ? '' : contentDigest(utf8(base.text));
  if (base.saw !== undefined) {
    const kept: FileContent = { kind: 'text', text: base.text };
    writeVersion(live, tag, { content: kept, kept: true, saw: digest, replaces: [] });
  }
  const next = content.text;
  const runs = writeHunks(live, base.runs, hunksOf({ base: base.text, next, unit }, compared));
  const shown = { content, text: content.text, runs, saw: undefined };
  if (base.content.kind === 'text') return { ...shown, versions: base.versions };
  const key = writeVersion(live, tag, {
    content: undefined,
    kept: false,
    saw: digest,
    replaces: base.versions,
  });
  return { ...shown, versions: [key] };
}
