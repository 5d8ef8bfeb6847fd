/**
 * Looks at the log that a killed process left: it opens, everything promised is there whole, the cursor passes nothing that is neither
 * stored nor owed, order, index and digests follow from the records, and appending goes on. Throws with what it found instead.
 */
import { levelStore } from '@evermesh/adapters/level';
import { type AuthorId, type DocumentId, systemRandom } from '@evermesh/core/base';
import {
  Committer,
  Debts,
  type DocumentIndex,
  emptyIndex,
  encodeIndex,
  FolderLog,
  indexAfter,
  nextDigest,
  openStore,
  readProgress,
  type Store,
} from '@evermesh/core/log';
import { encodeRecord, type LogRecord } from '@evermesh/core/protocol';
import type { Promises } from './promises.ts';
import {
  FOLDER,
  localAuthor,
  localRecord,
  nextLocal,
  PEER,
  REMOTE,
  remoteAuthor,
  remoteCount,
  remoteDocument,
  remoteRecord,
  WRITERS,
} from './records.ts';

export async function checkLog(directory: string, promises: Promises): Promise<void> {
  const store = await openStore(levelStore(directory));
  try {
    const committer = new Committer(store);
    const log = await FolderLog.open({ store, committer, folder: FOLDER, random: systemRandom });
    const counts = await checkOrder(log);
    checkPromises(counts, promises);
    await checkCursor(store, counts, promises);
    for (let writer = 0; writer < WRITERS; writer++)
      await log.append(nextLocal(writer, log.lastCounter(localAuthor(writer)))).durable;
    for (const [author, count] of await checkOrder(log)) counts.set(author, count);
    for (let writer = 0; writer < WRITERS; writer++)
      promises.local.set(writer, counts.get(localAuthor(writer)) ?? 0);
  } finally {
    await store.close();
  }
}

/** The bytes that each author's records have to have. */
const known = new Map<AuthorId, (counter: number) => LogRecord>([
  ...Array.from(
    { length: WRITERS },
    (_, writer) => [localAuthor(writer), (counter: number) => localRecord(writer, counter)] as const,
  ),
  ...Array.from(
    { length: REMOTE },
    (_, document) => [remoteAuthor(document), (counter: number) => remoteRecord(document, counter)] as const,
  ),
]);

/** Walks through all of it. Returns how many records of each author there are: the first so many. */
async function checkOrder(log: FolderLog): Promise<Map<AuthorId, number>> {
  const counts = new Map<AuthorId, number>();
  const indexes = new Map<DocumentId, DocumentIndex>();
  let digest = new Uint8Array(16);
  let seq = 0;
  for await (const place of log.read.order(0)) {
    seq += 1;
    expect(place.seq === seq, `place ${seq} is missing`);
    const stored = await log.read.record(place.document, seq);
    if (stored === undefined) throw new Error(`No record is at place ${seq}.`);
    const { author, counter } = stored.record.header;
    expect(
      (counts.get(author) ?? 0) + 1 === counter,
      `record ${counter} of ${author} is not behind its predecessor`,
    );
    counts.set(author, counter);
    const whole = encodeRecord(known.get(author)!(counter));
    expect(Buffer.compare(whole, stored.bytes) === 0, `record ${counter} of ${author} is not whole`);
    digest = new Uint8Array(nextDigest(digest, stored.record.header));
    expect(Buffer.compare(digest, place.digest) === 0, `the digest at place ${seq} is another`);
    const index = indexes.get(place.document) ?? emptyIndex(place.document);
    indexes.set(place.document, indexAfter(index, stored.record.header, seq, stored.bytes.byteLength));
  }
  expect(
    log.position.seq === seq,
    `the log says that it ends at ${log.position.seq}, and has ${seq} records`,
  );
  expect(Buffer.compare(log.position.digest, digest) === 0, 'the digest of the whole log is another');
  const told = [...log.documents()];
  expect(told.length === indexes.size, 'the index has other documents');
  for (const index of told) {
    const own = encodeIndex(indexes.get(index.document)!);
    expect(Buffer.compare(encodeIndex(index), own) === 0, `the index of ${index.document} differs`);
  }
  checkGroups(counts);
  return counts;
}

/** Of an atomic group all records are there, or none. */
function checkGroups(counts: ReadonlyMap<AuthorId, number>): void {
  for (let writer = 0; writer < WRITERS; writer++) {
    const last = counts.get(localAuthor(writer)) ?? 0;
    const group = last === 0 ? undefined : localRecord(writer, last).header.group;
    if (group !== undefined)
      expect(last === group.first + group.size - 1, `a group of writer ${writer} was torn at ${last}`);
  }
}

function checkPromises(counts: ReadonlyMap<AuthorId, number>, promises: Promises): void {
  for (const [writer, counter] of promises.local) {
    const there = counts.get(localAuthor(writer)) ?? 0;
    expect(there >= counter, `record ${counter} of writer ${writer} was promised, and ${there} are there`);
  }
  for (const [document, counter] of promises.remote) {
    const there = counts.get(remoteAuthor(document)) ?? 0;
    expect(there >= counter, `record ${counter} of ${document} was promised, and ${there} are there`);
  }
}

async function checkCursor(
  store: Store,
  counts: ReadonlyMap<AuthorId, number>,
  promises: Promises,
): Promise<void> {
  const debts = await Debts.load(store, FOLDER);
  const seq = (await readProgress(store, FOLDER, PEER))?.cursor.seq ?? 0;
  expect(seq >= promises.cursor, `the cursor stood at ${promises.cursor}, and is at ${seq}`);
  for (let document = 0; document < REMOTE; document++) {
    const passed = remoteCount(document, seq);
    const stored = counts.get(remoteAuthor(document)) ?? 0;
    const owed = debts.owes(PEER, remoteDocument(document))?.heads.get(remoteAuthor(document)) ?? 0;
    expect(
      Math.max(stored, owed) >= passed,
      `the cursor passed record ${passed} of ${document}: ${stored} are stored, ${owed} owed`,
    );
  }
}

function expect(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(`Wrong: ${otherwise}.`);
}
