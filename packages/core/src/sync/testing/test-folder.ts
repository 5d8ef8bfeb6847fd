/** A folder as sync sees it: a log of opaque bodies in a memory store. Every opening is a run of its own. */
import {
  authorOf,
  type AuthorId,
  type BlobName,
  type DeviceId,
  type DocumentId,
  type FolderId,
  Listeners,
  newRunId,
  type Random,
  utf8,
} from '../../base/index.ts';
import { Committer, Contents, Debts, FolderLog, openStore } from '../../log/index.ts';
import { type LogRecord, makeRecord } from '../../protocol/index.ts';
import { type MemoryStore, memoryStore } from '../../testing/memory-store.ts';
import type { SharedPresence, SyncedFolder } from '../synced-folder.ts';

export const FOLDER = 'f0'.repeat(16) as FolderId;

export const deviceId = (number: number): DeviceId =>
  number.toString(16).padStart(2, '0').repeat(16) as DeviceId;

export interface TestFolder extends SyncedFolder {
  readonly store: MemoryStore;
  readonly author: AuthorId;
}

export async function openTestFolder(options: {
  device: DeviceId;
  random: Random;
  rows?: Map<string, Uint8Array>;
}): Promise<TestFolder> {
  const { device, random } = options;
  const store = memoryStore(options.rows);
  await openStore(store);
  const committer = new Committer(store);
  const log = await FolderLog.open({ store, committer, folder: FOLDER, random });
  const debts = await Debts.load(store, FOLDER);
  const author = authorOf(device, newRunId(random));
  const contents = new Contents(store, committer);
  const checkState = (): void => {};
  const presence = nobodyPresent();
  const bodies = { isUrgent: () => false, entered: () => () => undefined };
  const parts = { store, committer, log, debts, contents, presence, bodies };
  const isGone = (document: DocumentId): boolean => document.startsWith('gone');
  return { id: FOLDER, device, author, takesStates: true, checkState, isGone, ...parts };
}

/** Writes one record a document, more than one as an atomic group. Resolves when they are durable. */
export async function write(
  folder: TestFolder,
  documents: readonly string[],
  options: { body?: Uint8Array; blobs?: readonly BlobName[] } = {},
): Promise<LogRecord[]> {
  const first = folder.log.lastCounter(folder.author) + 1;
  const records = documents.map((document, i) => {
    const id = document as DocumentId;
    return makeRecord({
      folder: FOLDER,
      document: id,
      author: folder.author,
      counter: first + i,
      prev: folder.log.assignedHeads(id).get(folder.author) ?? 0,
      time: 0,
      group: documents.length > 1 ? { first, size: documents.length } : undefined,
      blobs: options.blobs ?? [],
      body: options.body ?? utf8(`${folder.author} ${first + i}`),
    });
  });
  await folder.log.append(records).durable;
  return records;
}

/** Gives a folder the records of another, without a link. */
export async function give(from: TestFolder, to: TestFolder): Promise<void> {
  for await (const { seq, document } of from.log.read.order(0)) {
    const stored = await from.log.read.record(document, seq);
    if (stored !== undefined) await to.log.append([stored.record]).durable;
  }
}

const nobodyPresent = (): SharedPresence => ({
  told: new Listeners(),
  states: () => [],
  heard: () => undefined,
});
