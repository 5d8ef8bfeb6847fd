/** What must be true of records before any of them gets a place: what has one and is not committed would leave a hole. */
import type { AuthorId, DocumentId, FolderId } from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import { type Heads, LIMITS, type LogRecord } from '../protocol/index.ts';

/**
 * All of them belong to `folder`, and leave each document with heads that can be read again.
 * @param headsOf what is held of a document
 * @throws RECORD_MALFORMED
 */
export function checkAdmission(
  records: readonly LogRecord[],
  folder: FolderId,
  headsOf: (document: DocumentId) => Heads,
): void {
  let joining: Map<DocumentId, Set<AuthorId>> | undefined;
  for (const { header } of records) {
    if (header.folder !== folder) {
      throw malformed(`A record of folder ${header.folder} was given to the log of ${folder}.`);
    }
    const { document, author, kind, covers } = header;
    const heads = headsOf(document);
    // What nearly every record is: another one of an author who is there.
    if (kind === 'update' && heads.has(author)) continue;
    for (const writer of kind === 'snapshot' ? covers.keys() : [author]) {
      if (heads.has(writer)) continue;
      joining ??= new Map();
      let authors = joining.get(document);
      if (authors === undefined) joining.set(document, (authors = new Set()));
      authors.add(writer);
      if (heads.size + authors.size <= LIMITS.headsAuthors) continue;
      throw malformed(
        `Document ${document} has ${LIMITS.headsAuthors} authors already, as many as it can have.`,
      );
    }
  }
}

const malformed = (why: string): EvermeshError => new EvermeshError('RECORD_MALFORMED', why);
