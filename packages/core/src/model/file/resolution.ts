/** A person's choice between contents in conflict. */
import type * as Y from 'yjs';
import { utf8 } from '../../base/index.ts';
import { contentDigest, type FileContent } from './content.ts';
import { runsOfDocument } from './runs.ts';
import { readDetails, TEXT_ID } from './state.ts';
import { writeHunks } from './text-edit.ts';
import { textHunks } from './text-hunks.ts';
import { writeVersion } from './version.ts';

/**
 * Keeps one content, in one transaction, and replaces all others that are known here. One that a device made apart
 * meanwhile is listed again when it arrives.
 * @param keep `shown`, or the id of one of `others`
 * @param tag 10 hexadecimal digits of the author's
 * @returns false if there is no such content, or no conflict; nothing is written then
 */
export function resolveConflict(doc: Y.Doc, keep: string, tag: string): boolean {
  const { shown, others, current, text } = readDetails(doc);
  const chosen = keep === 'shown' ? shown : others.find(({ id }) => id === keep)?.content;
  if (chosen === undefined || others.length === 0) return false;
  const isKeptText = chosen.kind === 'text' && chosen !== shown && keep !== TEXT_ID;
  doc.transact(() => {
    if (isKeptText) writeHunks(doc, runsOfDocument(doc), textHunks(text, chosen.text, 'lines'));
    const content: FileContent | undefined = chosen.kind === 'text' ? undefined : chosen;
    const saw = contentDigest(utf8(text));
    writeVersion(doc, tag, { content, kept: false, saw, replaces: current.map(({ key }) => key) });
  });
  return true;
}
