/** What changed in a log behind a place, as CHANGED pages: bounded, so that a large folder never fills a socket at once. */
import type { DocumentIndex, FolderLog } from '@evermesh/core/log';
import { type Changed, type Cursor, LIMITS } from '@evermesh/core/protocol';

const PAGE_BYTES = 256 * 1024;
const DOCUMENT_BYTES = 32;
const AUTHOR_BYTES = 28;

export type ChangedPage = Pick<Changed, 'documents' | 'through'>;

/** At least one page; the last one leads to the place where the log stands when the first is asked for. */
export function* changedPages(log: FolderLog, after: number): Generator<ChangedPage> {
  const through = { epoch: log.epoch, ...log.position };
  const changed = [...log.documents()].filter(({ lastSeq }) => lastSeq > after);
  yield* pagesOf(changed, through);
}

/** These documents, at least one page of them; the last one leads to `through`. */
export function* pagesOf(changed: DocumentIndex[], through: Cursor): Generator<ChangedPage> {
  changed.sort((a, b) => a.lastSeq - b.lastSeq);
  let sent = 0;
  do {
    const page = pageOf(changed, sent);
    sent += page.length;
    const documents = page.map(({ document, lastSeq, bytes, heads }) => ({
      document,
      seq: lastSeq,
      bytes,
      heads,
    }));
    yield { documents, through: sent === changed.length ? through : undefined };
  } while (sent < changed.length);
}

/** The documents from `from` on that fit in one page; one always does. */
function pageOf(changed: readonly DocumentIndex[], from: number): DocumentIndex[] {
  const page: DocumentIndex[] = [];
  let bytes = 0;
  for (const index of changed.slice(from, from + LIMITS.changedDocuments)) {
    bytes += DOCUMENT_BYTES + AUTHOR_BYTES * index.heads.size;
    if (bytes > PAGE_BYTES && page.length > 0) break;
    page.push(index);
  }
  return page;
}
