/**
 * What can be read of one document. A store that is damaged there, or holds a record of a later version, keeps a device waiting for that document, and for no
 * other: what comes before that is handed out, and the operator is told.
 */
import type { DocumentId, Logger } from '@evermesh/core/base';
import { EvermeshError, isEvermeshError } from '@evermesh/core/errors';
import type { FolderLog } from '@evermesh/core/log';
import type { Heads } from '@evermesh/core/protocol';

/** Records, as stored, that `heads` do not cover: each behind its author's previous one, to the end or to the first that cannot be read. */
export async function* readableRecords(
  log: FolderLog,
  document: DocumentId,
  heads: Heads,
  logger: Logger,
): AsyncGenerator<Uint8Array> {
  const held = new Map(heads);
  try {
    for await (const { record, bytes } of log.read.document(document, heads)) {
      const { author, counter, prev } = record.header;
      // The device would find the gap, and ask again at once, without end.
      if (prev > (held.get(author) ?? 0)) {
        throw new EvermeshError('STORE_CORRUPT', `Record ${prev} of ${author} is lost.`);
      }
      held.set(author, counter);
      yield bytes;
    }
  } catch (error) {
    if (!isEvermeshError(error, 'STORE_CORRUPT') && !isEvermeshError(error, 'FORMAT_TOO_NEW')) throw error;
    logger.error('a document cannot be read to its end', {
      code: error.code,
      folder: log.folder,
      document,
      error: error.message,
    });
  }
}
