/** A person's choice between contents in conflict, or against the one that is shown. */
import type * as Y from 'yjs';
import { utf8 } from '../../base/index.ts';
import { type ComparedTexts, hunksOf } from './compared-texts.ts';
import { contentDigest, type FileContent, sameContent } from './content.ts';
import { runsOfDocument } from './runs.ts';
import { keysOfShown } from './shown-file.ts';
import { type DetailedState, type OtherContent, readDetails, TEXT_ID } from './state.ts';
import { writeHunks } from './text-edit.ts';
import { type NewVersion, type Version, writeVersion } from './version.ts';

/**
 * Keeps one content, in one transaction, and replaces all others that are known here. One that a device made apart
 * meanwhile is listed again when it arrives.
 * @param keep `shown`, or the id of one of `others`
 * @param tag 10 hexadecimal digits of the author's
 * @param compared the texts that `settledTexts` names, if somebody compared them before
 * @returns false if there is no such content, or no conflict; nothing is written then
 */
export function resolveConflict(doc: Y.Doc, keep: string, tag: string, compared?: ComparedTexts): boolean {
  const state = readDetails(doc);
  const { others, current, text } = state;
  const chosen = chosenIn(state, keep);
  if (chosen === undefined || others.length === 0) return false;
  const replaces = current.map(({ key }) => key);
  write(doc, state, chosen, { tag, saw: contentDigest(utf8(text)), replaces, compared });
  return true;
}

const chosenIn = ({ shown, others }: DetailedState, keep: string): OtherContent | undefined =>
  keep === 'shown' ? { id: keep, content: shown } : others.find(({ id }) => id === keep);

/**
 * Which texts are compared, by lines, when a conflict is settled.
 * @param keep as `resolveConflict` takes it; `undefined`: the shown content is taken away
 * @returns `undefined` if none are
 */
export function settledTexts(doc: Y.Doc, keep: string | undefined): Omit<ComparedTexts, 'hunks'> | undefined {
  const state = readDetails(doc);
  const chosen = keep === undefined ? nextIn(state) : chosenIn(state, keep);
  if (chosen === undefined || chosen.content.kind !== 'text' || !isKeptText(chosen)) return undefined;
  return { base: state.text, next: chosen.content.text, unit: 'lines' };
}

/**
 * Takes away what is shown, in one transaction, for somebody who was shown nothing else: another content takes its place,
 * and what is left stays listed.
 * @param compared as `resolveConflict` takes it
 * @returns the content that is shown then; `undefined` if there is no other, and then nothing is written
 */
export function removeShown(doc: Y.Doc, tag: string, compared?: ComparedTexts): FileContent | undefined {
  const state = readDetails(doc);
  const { others, current, top, text } = state;
  const next = nextIn(state);
  if (next === undefined) return undefined;
  const says = ({ content }: Version): boolean => content !== undefined && sameContent(content, next.content);
  const replaces = [...keysOfShown(state), ...current.filter(says).map(({ key }) => key)];
  // A text in conflict that does not come forth is no more settled than it was.
  const isListed = next.id !== TEXT_ID && others.some(({ id }) => id === TEXT_ID);
  const saw = isListed ? (top?.saw ?? '') : contentDigest(utf8(text));
  write(doc, state, next, { tag, saw, replaces, compared });
  return next.content;
}

/** A text that was kept needs the place of the document's own, which may be listed as well. */
const nextIn = ({ others }: DetailedState): OtherContent | undefined =>
  others.find((other) => !isKeptText(other)) ?? others[0];

function write(
  doc: Y.Doc,
  { text }: DetailedState,
  chosen: OtherContent,
  {
    tag,
    compared,
    ...version
  }: Pick<NewVersion, 'saw' | 'replaces'> & {
    readonly tag: string;
    readonly compared: ComparedTexts | undefined;
  },
): void {
  const { content } = chosen;
  doc.transact(() => {
    if (content.kind === 'text' && isKeptText(chosen)) {
      const texts = { base: text, next: content.text, unit: 'lines' } as const;
      writeHunks(doc, runsOfDocument(doc), hunksOf(texts, compared));
    }
    writeVersion(doc, tag, {
      content: content.kind === 'text' ? undefined : content,
      kept: false,
      ...version,
    });
  });
}

/** A text that is not the document's own. */
const isKeptText = ({ id, content }: OtherContent): boolean =>
  content.kind === 'text' && id !== TEXT_ID && id !== 'shown';
