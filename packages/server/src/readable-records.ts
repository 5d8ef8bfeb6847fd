/**
 * What can be read of one document. A store that is damaged there, or holds a record of a later version, keeps a device waiting for that document, and for no
 * other: what comes before that is handed out, and the operator is told.
 */
import type { DocumentId, Logger } from '@evermesh/core/base';
import { EvermeshError, isEvermeshError } from '@evermesh/core/errors';
import { type DocumentState, type FolderLog, snapshotOf, type StoredRecord } from '@evermesh/core/log';
import { covers, encodeRecord, type Heads, isSnapshot, raiseBy } from '@evermesh/core/protocol';
import type { OpenFolder } from './folder-registry.ts';

export interface RecordsOptions {
  readonly knowsSnapshots: boolean;
  /** Whether a document's state is wanted by who has nothing of it. */
  readonly takesStates: boolean;
  readonly logger: Logger;
}

export type SentRecord = Pick<StoredRecord, 'record' | 'bytes'>;

/**
 * What stands behind heads; or, where nothing is known of the document and states are taken, a snapshot, and what stands behind that.
 * @throws PROTOCOL_UNSUPPORTED if there is a snapshot among what is needed, and the device does not know what that is
 */
export async function* recordsFor(
  { log, compactor }: OpenFolder,
  document: DocumentId,
  heads: Heads,
  options: RecordsOptions,
): AsyncGenerator<SentRecord> {
  const state = await stateFor(log, document, heads, () => compactor.renew(log, document));
  const { knowsSnapshots, takesStates, logger } = options;
  const snapshot =
    takesStates && heads.size === 0 ? state && snapshotOf(state, log.folder, document) : undefined;
  if (snapshot !== undefined) yield { record: snapshot, bytes: encodeRecord(snapshot) };
  const held = snapshot?.header.covers ?? heads;
  const isBehind = state !== undefined && covers(held, state.covers);
  for await (const sent of readableRecords(log, document, held, {
    logger,
    start: isBehind ? state : undefined,
  })) {
    if (!knowsSnapshots && isSnapshot(sent.record)) throw snapshotsUnknown();
    yield sent;
  }
}

/** Records that `heads` do not cover: each behind its author's previous one, to the end or to the first that cannot be read. */
async function* readableRecords(
  log: FolderLog,
  document: DocumentId,
  heads: Heads,
  { logger, start }: { readonly logger: Logger; readonly start: DocumentState | undefined },
): AsyncGenerator<SentRecord> {
  const held = new Map(heads);
  try {
    for await (const { record, bytes } of log.read.document(document, heads, start)) {
      const { author, prev, kind } = record.header;
      // The device would find the gap, and ask again at once, without end.
      if (kind === 'update' && prev > (held.get(author) ?? 0)) {
        throw new EvermeshError('STORE_CORRUPT', `Record ${prev} of ${author} is lost.`);
      }
      raiseBy(held, record.header);
      yield { record, bytes };
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

/**
 * The state of a document for whoever holds these heads: if that is nothing, and it is less than the records that it stands for, or
 * all that it stands for, so that they need not be read.
 * @param damaged called if it cannot be read: the records are there without it
 */
async function stateFor(
  log: FolderLog,
  document: DocumentId,
  heads: Heads,
  damaged: () => void,
): Promise<DocumentState | undefined> {
  const index = log.document(document);
  if (index?.compacted === undefined || covers(heads, index.heads)) return undefined;
  const { stateBytes, bytes } = index.compacted;
  if (heads.size === 0 && stateBytes >= bytes) return undefined;
  try {
    const state = await log.read.state(document);
    return state !== undefined && (heads.size === 0 || covers(heads, state.covers)) ? state : undefined;
  } catch (error) {
    if (!isEvermeshError(error, 'STORE_CORRUPT')) throw error;
    damaged();
    return undefined;
  }
}

/** Without the records that a state stands for, there is nothing that an older version could be told. */
export const snapshotsUnknown = (): EvermeshError =>
  new EvermeshError(
    'PROTOCOL_UNSUPPORTED',
    'Of a document the relay has a state in place of records, which only a newer Evermesh can read.',
  );
