/** The records that a device asks for, as RECORDS pages: each as it is to be sent, so that no more is read than there is room for. */
import type { DocumentId } from '@evermesh/core/base';
import type { Pull, Records } from '@evermesh/core/protocol';
import type { OpenFolder } from './folder-registry.ts';
import { recordsFor, type RecordsOptions } from './readable-records.ts';

/** Of RECORDS in one frame, unless one record alone is longer. */
const PAGE_BYTES = 256 * 1024;
/** What naming a document costs. */
const DOCUMENT_BYTES = 32;

export async function* recordPages(
  folder: OpenFolder,
  documents: Pull['documents'],
  options: RecordsOptions,
): AsyncGenerator<Pick<Records, 'records' | 'done'>> {
  let records: Uint8Array[] = [];
  let done: DocumentId[] = [];
  let size = 0;
  for (const { document, heads } of documents) {
    for await (const { bytes } of recordsFor(folder, document, heads, options)) {
      if (size + bytes.byteLength > PAGE_BYTES && size > 0) {
        yield { records, done };
        [records, done, size] = [[], [], 0];
      }
      records.push(bytes);
      size += bytes.byteLength;
    }
    done.push(document);
    size += DOCUMENT_BYTES;
  }
  yield { records, done };
}
