/**
 * Where a file's content lies in its Yjs document. The names, the text limit and the encoding of versions are
 * constants of the format: a change needs a new format version.
 *
 * - `t`, a `Y.Text`: exactly the characters of the file, byte order mark and line ends included.
 * - `v`, a `Y.Map`: versions of content that is not text, and changes of kind. A key is written once.
 * - `f`, a `Y.Map`: under `seed` the digest of the first content. It is written in the transaction that writes that
 *   content and behind it, so a document that has it has the first content too.
 *
 * A document without versions is a text, so an empty file is an empty document.
 */
import type * as Y from 'yjs';

/** Bytes of UTF-8. What is larger is a blob: characters that can be edited one by one cost memory on every device. */
export const TEXT_LIMIT: number = 4 * 1024 * 1024;

export const TEXT = 't';
export const VERSIONS = 'v';
export const FACTS = 'f';
export const rootText = (doc: Y.Doc): Y.Text => doc.getText(TEXT);
export const rootVersions = (doc: Y.Doc): Y.Map<unknown> => doc.getMap(VERSIONS);
export const rootFacts = (doc: Y.Doc): Y.Map<unknown> => doc.getMap(FACTS);
export const SEED = 'seed';
