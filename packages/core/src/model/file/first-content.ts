/**
 * A file's first content. The tree says of each new file which content it begins with, and the file reaches a disk
 * only when that content is here: an empty file in its place would look like a person's edit.
 */
import type * as Y from 'yjs';
import type { FileContent } from './content.ts';
import { rootFacts, rootText, SEED } from './layout.ts';
import { writeVersion } from './version.ts';

/** Whether the content with this digest has arrived, and nothing that did arrive still waits for something else. */
export function hasFirstContent(doc: Y.Doc, digest: string): boolean {
  if (digest === '') return true;
  const { pendingStructs, pendingDs } = doc.store;
  return rootFacts(doc).get(SEED) === digest && pendingStructs === null && pendingDs === null;
}

/**
 * Writes the first content into a new document, in one transaction. The update depends on nothing but the arguments
 * and the document's `clientID`, so two devices can make the same seed apart. Nothing is written for an empty file.
 * @param digest content digest of the file's bytes
 * @param tag 10 hexadecimal digits of the author's
 */
export function writeFirst(doc: Y.Doc, content: FileContent, digest: string, tag: string): void {
  if (digest === '') return;
  if (rootFacts(doc).has(SEED)) throw new TypeError('The document has its first content already.');
  doc.transact(() => {
    if (content.kind === 'text') rootText(doc).insert(0, content.text);
    else writeVersion(doc, tag, { content, kept: false, saw: '', replaces: [] });
    // Last: Yjs takes a client's structs in order, so whoever has the seed has the content.
    rootFacts(doc).set(SEED, digest);
  });
}
