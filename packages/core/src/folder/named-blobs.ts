/** The blobs that something of a folder names: its records, what stands for some of them, and what disks show. */
import type { BlobName } from '../base/index.ts';
import { areaPrefix, prefixEnd, storedRow } from '../log/index.ts';
import { decodeShownFile } from '../model/index.ts';
import { NO_HEADS } from '../protocol/index.ts';
import type { FolderState } from './folder-state.ts';
import { BASE_AREA } from './records-in-use.ts';

/** Some more than once. @throws STORE_CORRUPT if something cannot be read, and may name more */
export async function* namedBlobs({ log, options: { store } }: FolderState): AsyncGenerator<BlobName> {
  await log.idle();
  for (const { document } of [...log.documents()])
    for await (const { record } of log.read.document(document, NO_HEADS)) yield* record.header.blobs;
  const bases = areaPrefix(log.folder, BASE_AREA);
  for await (const [key, row] of store.iterator({ gte: bases, lt: prefixEnd(bases) })) {
    const { content } = storedRow(key, row, (reader) => decodeShownFile(reader.raw(reader.left)));
    if (content.kind === 'blob') yield content.name;
  }
}
