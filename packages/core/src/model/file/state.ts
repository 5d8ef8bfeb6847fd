/**
 * What a file is, read from its document. A pure function of the document: replicas with equal documents show equal
 * content, list equal conflicts, and nothing is written by looking.
 */
import type * as Y from 'yjs';
import { type BlobName, utf8 } from '../../base/index.ts';
import { contentDigest, type FileContent, sameContent } from './content.ts';
import { rootFacts, SEED } from './layout.ts';
import { textOfDocument } from './runs.ts';
import { readVersions, type Version } from './version.ts';

/** Another content of a file than the one shown. `id` names it to `resolveConflict`. */
export interface OtherContent {
  readonly id: string;
  readonly content: FileContent;
}

export interface FileState {
  /** What stands at the file's path. */
  readonly shown: FileContent;
  /** Digest of the first content, `undefined` while that has not arrived. An empty file never has one. */
  readonly seed: string | undefined;
  /** Contents in conflict with the shown one, latest first, the document's text last. */
  readonly others: readonly OtherContent[];
  /** Every blob that any version names, replaced ones too. */
  readonly blobs: readonly BlobName[];
  /** Keys of entries that should be versions and are not. */
  readonly malformed: readonly string[];
}

/** The `id` under which the document's text is listed when it is not shown. */
export const TEXT_ID = 'text';

/** The state with what a save needs beyond it: the versions that are current, and the one shown. */
export interface DetailedState extends FileState {
  readonly text: string;
  readonly current: readonly Version[];
  readonly top: Version | undefined;
}

export function readFile(doc: Y.Doc): FileState {
  const { shown, seed, others, blobs, malformed } = readDetails(doc);
  return { shown, seed, others, blobs, malformed };
}

export function readDetails(doc: Y.Doc): DetailedState {
  const { all, current, malformed } = readVersions(doc);
  const text = textOfDocument(doc);
  const top = current.find((version) => !version.kept);
  const shown = top?.content ?? { kind: 'text', text };
  const names = all.flatMap(({ content }) => (content?.kind === 'blob' ? [content.name] : []));
  const seed = rootFacts(doc).get(SEED);
  return {
    shown,
    seed: typeof seed === 'string' ? seed : undefined,
    others: othersOf(current, shown, text),
    blobs: [...new Set(names)],
    malformed,
    text,
    current,
    top,
  };
}

/** Equal contents are one: two devices that stored the same bytes apart have no conflict. */
function othersOf(current: readonly Version[], shown: FileContent, text: string): OtherContent[] {
  const others: OtherContent[] = [];
  for (const { key, content } of current) {
    if (content === undefined || sameContent(content, shown)) continue;
    if (!others.some((other) => sameContent(other.content, content))) others.push({ id: key, content });
  }
  if (shown.kind === 'blob' && !isTextReplaced(current, text))
    others.push({ id: TEXT_ID, content: { kind: 'text', text } });
  return others;
}

/**
 * Whether who made the file a blob knew the text as it is now. Any current version will do: one that saw this very
 * text replaced it, and is itself shown or listed. Versions that were replaced do not count, since `saw` is handed on
 * to those that replaced them. A current version that says "the text" is a choice that the shown blob did not know.
 */
function isTextReplaced(current: readonly Version[], text: string): boolean {
  if (current.some(({ content }) => content === undefined)) return false;
  const digest = contentDigest(utf8(text));
  return current.some(({ kept, saw }) => !kept && saw === digest);
}
