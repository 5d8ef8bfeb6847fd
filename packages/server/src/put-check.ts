/** What must be true of records before a log takes them from a device. */
import { type DocumentId, equalBytes } from '@evermesh/core/base';
import { EvermeshError } from '@evermesh/core/errors';
import type { Compactor, FolderLog } from '@evermesh/core/log';
import {
  checkKind,
  decodeRecord,
  type Grant,
  isHeld,
  isSnapshot,
  type LogRecord,
  type RecordHeader,
} from '@evermesh/core/protocol';
import type { OpenFolder } from './folder-registry.ts';

/** What a PUT holds, or why it is not taken: that is told when its turn comes. */
export type PreparedPut =
  | {
      readonly decoded: readonly LogRecord[];
      /** Of each of them, as it came. */
      readonly bytes: readonly number[];
    }
  | { readonly failure: unknown };

/** All that can be said of a PUT before its turn comes. */
export async function preparePut(
  records: readonly Uint8Array[],
  { grant, folder: { log, compactor } }: { readonly grant: Grant; readonly folder: OpenFolder },
): Promise<PreparedPut> {
  try {
    if (grant !== 'write') {
      throw new EvermeshError('AUTH_DENIED', 'The token lets this folder be read only.');
    }
    const decoded = decodePut(records, log);
    // Of what nearly every PUT is, nothing has to be awaited.
    if (decoded.some(isSnapshot)) await checkSnapshots(decoded, log, compactor);
    return { decoded, bytes: records.map(({ byteLength }) => byteLength) };
  } catch (failure) {
    return { failure };
  }
}

/**
 * The records of one PUT: of this folder, of one author, counters ascending; a snapshot is alone.
 *
 * Neither that atomic groups are whole nor that the blobs are here is asked for. Who writes sends both; but a relay that
 * lost its disk is refilled by devices that hold a part of a group, or a record without its blob, even of their own:
 * a device that was restored from a backup got its records back one document at a time.
 * @throws RECORD_MALFORMED, FORMAT_TOO_NEW
 */
function decodePut(records: readonly Uint8Array[], log: FolderLog): LogRecord[] {
  const decoded = records.map(decodeRecord);
  let previous: LogRecord | undefined;
  for (const record of decoded) {
    const { folder, author, counter } = record.header;
    checkKind(record.header);
    if (folder !== log.folder) throw malformed('A record belongs to another folder.');
    if (previous !== undefined && (previous.header.author !== author || previous.header.counter >= counter)) {
      throw malformed('Records of one PUT have one author and ascending counters.');
    }
    previous = record;
  }
  return decoded;
}

/**
 * What a snapshot covers counts as here once it was taken, so it has to be a document's state at least. Who compacts can tell.
 * @throws RECORD_MALFORMED
 */
async function checkSnapshots(
  records: readonly LogRecord[],
  log: FolderLog,
  compactor: Compactor,
): Promise<void> {
  for (const record of records) {
    if (!isSnapshot(record) || isHeld(log.assignedHeads(record.header.document), record.header)) continue;
    await compactor.check(record);
  }
}

/**
 * A record that is here already must be the same record: two that are numbered alike and differ come from a store that
 * was copied or rolled back within one run.
 * @throws DEVICE_FORKED, STORE_CORRUPT
 */
export function checkRepeats(records: readonly LogRecord[], log: FolderLog): Promise<void> | undefined {
  const repeats = records.filter((record) => isRepeat(record, log));
  return repeats.length === 0 ? undefined : checkAgainst(repeats, log);
}

const isRepeat = (record: LogRecord, log: FolderLog): boolean => {
  const { document, author, counter } = record.header;
  return !isSnapshot(record) && counter <= (log.assignedHeads(document).get(author) ?? 0);
};

async function checkAgainst(repeats: readonly LogRecord[], log: FolderLog): Promise<void> {
  const byDocument = new Map<DocumentId, RecordHeader[]>();
  let isWriting = false;
  for (const { header } of repeats) {
    const { document, author, counter } = header;
    byDocument.set(document, [...(byDocument.get(document) ?? []), header]);
    isWriting ||= counter > (log.document(document)?.heads.get(author) ?? 0);
  }
  // What is not durable cannot be read back yet.
  if (isWriting) await log.idle();
  for (const [document, headers] of byDocument) await checkAgainstLog(log, document, headers);
}

/**
 * Others of the document that cannot be read keep nobody from putting.
 * @param headers of one author
 * @throws STORE_CORRUPT if what is here of one of them cannot be read: it would be acknowledged, and given to nobody
 */
async function checkAgainstLog(
  log: FolderLog,
  document: DocumentId,
  headers: readonly RecordHeader[],
): Promise<void> {
  const author = headers[0]?.author;
  const given = new Map(headers.map(({ counter, bodyDigest }) => [counter, bodyDigest]));
  let unread = log.document(document)?.records ?? 0;
  let stoodFor = 0;
  for await (const record of log.read.readable(document)) {
    if (record === undefined) continue;
    unread -= 1;
    if (author !== undefined) stoodFor = Math.max(stoodFor, record.header.covers.get(author) ?? 0);
    if (record.header.author !== author) continue;
    const { counter, bodyDigest } = record.header;
    const digest = given.get(counter);
    if (digest !== undefined && !equalBytes(digest, bodyDigest)) {
      throw new EvermeshError(
        'DEVICE_FORKED',
        `Record ${counter} of ${author} is here already, with another content.`,
      );
    }
    given.delete(counter);
    if (given.size === 0) return;
  }
  // Of what is gone, and stood for by a snapshot, nobody can tell any more whether it was the same.
  const counter = [...given.keys()].find((one) => one > stoodFor);
  if (unread > 0 && counter !== undefined)
    throw new EvermeshError('STORE_CORRUPT', `Record ${counter} of ${author} cannot be read any more.`);
}

const malformed = (why: string): EvermeshError => new EvermeshError('RECORD_MALFORMED', why);
