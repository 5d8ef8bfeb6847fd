/**
 * Makes a store of what a survey found whole in a damaged one. The new log is another one for every reader, so whoever meets it
 * compares all documents; what is gone is noted as owed by whoever has it, so that nothing is shown as if it had never been before a
 * relay was asked.
 */
import type { BlobName, FolderId, Random } from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import {
  ANY_PEER,
  areaPrefix,
  type BlobStore,
  Committer,
  Debts,
  decodeStored,
  entriesOf,
  FolderLog,
  historyKey,
  historyTo,
  LogReader,
  openStore,
  prefixEnd,
  standInKey,
  type Store,
  type StoredRecord,
  type StoreOperation,
} from '../log/index.ts';
import type { LogRecord } from '../protocol/index.ts';
import { DEVICE_KEY, folderEntryRow, readDeviceRow } from './registry.ts';
import type { StoreSurvey, WholeRecord } from './survey-store.ts';
import { survivingBlobs } from './surviving-blobs.ts';
import type { DamagedStore } from './surviving-rows.ts';

/** Bytes and records in memory at one time. */
const CHUNK_BYTES = 4 * 1024 * 1024;
const CHUNK_RECORDS = 1000;

export interface RebuildOptions {
  readonly survey: StoreSurvey;
  /** What was surveyed, open. */
  readonly from: DamagedStore;
  /** A new store, which is opened and closed here. */
  readonly to: Store;
  /** Where contents lie that are not in the store. Open. */
  readonly blobs: Pick<BlobStore, 'size'>;
  readonly random: Random;
  /** Rows of others that go over as they are, and the area that they go to. */
  readonly carry?: { readonly from: string; readonly to: string } | undefined;
  readonly onProgress?: ((done: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface Rebuilt {
  /** Contents that records name and that are not here whole: they are asked for. */
  readonly missing: ReadonlySet<BlobName>;
}

/** Durable when it resolves. @throws STORE_FAILED */
export async function rebuildStore(options: RebuildOptions): Promise<Rebuilt> {
  const { survey, from, random } = options;
  const store = await openStore(options.to);
  try {
    const committer = new Committer(store);
    const { folder } = survey;
    const log = await FolderLog.open({ store, committer, folder, random });
    await copyRecords(options, log);
    const debts = await Debts.load(store, folder);
    const owed = [...survey.owed].map(([document, heads]) => ({ document, bytes: 0, heads }));
    const { missing } = await survivingBlobs({
      ...{ names: survey.blobs, store: from, beside: options.blobs, signal: options.signal },
      keep: (rows) => committer.commit(rows),
    });
    await copyHistories(options, committer);
    await copyArea(options, committer);
    await committer.commit([
      ...(await identityRows(from, folder)),
      ...debts.owe(ANY_PEER, owed),
      ...debts.want(missing),
    ]);
    return { missing };
  } finally {
    await store.close();
  }
}

async function copyRecords(
  { survey, from, onProgress, signal }: RebuildOptions,
  log: FolderLog,
): Promise<void> {
  const reader = new LogReader(from, survey.folder, () => undefined);
  let chunk: LogRecord[] = [];
  let bytes = 0;
  const append = async (): Promise<void> => {
    const { outcomes, durable } = log.append(chunk);
    if (outcomes.some(({ type }) => type !== 'stored'))
      throw new EvermeshError('INTERNAL', 'A record that was found whole is not taken.');
    chunk = [];
    bytes = 0;
    await durable;
  };
  for (const [done, each] of survey.whole.entries()) {
    signal?.throwIfAborted();
    const stored = each.isStandIn
      ? await standInAt(from, survey.folder, each)
      : await reader.record(each.header.document, each.seq);
    if (stored === undefined)
      throw new EvermeshError('STORE_CORRUPT', 'The store changed while it was read.');
    chunk.push(stored.record);
    bytes += stored.bytes.byteLength;
    if (bytes >= CHUNK_BYTES || chunk.length >= CHUNK_RECORDS) await append();
    onProgress?.(done + 1);
  }
  if (chunk.length > 0) await append();
}

/** A record of the same place may be there as well. */
async function standInAt(
  from: DamagedStore,
  folder: FolderId,
  { seq, header: { document } }: WholeRecord,
): Promise<Pick<StoredRecord, 'record' | 'bytes'> | undefined> {
  const key = standInKey(folder, document, seq);
  const row = await from.get(key);
  const [standIn] = row === undefined ? [] : entriesOf(key, row);
  return standIn && { record: decodeStored(key, standIn.bytes), bytes: standIn.bytes };
}

/** What is kept of the history of records for which a state stands that is carried over. */
async function copyHistories({ survey, from, signal }: RebuildOptions, committer: Committer): Promise<void> {
  for (const { header, isStandIn } of survey.whole) {
    if (!isStandIn) continue;
    signal?.throwIfAborted();
    const key = historyKey(survey.folder, header.document);
    const value = await from.get(key);
    if (value !== undefined && historyTo(value, header.covers) !== undefined)
      await committer.commit([{ type: 'put', key, value }]);
  }
}

async function copyArea(
  { survey: { folder }, from, carry, signal }: RebuildOptions,
  committer: Committer,
): Promise<void> {
  if (carry === undefined) return;
  const prefix = areaPrefix(folder, carry.from);
  let rows: StoreOperation[] = [];
  for await (const [key, value] of from.iterator({ gte: prefix, lt: prefixEnd(prefix) })) {
    signal?.throwIfAborted();
    rows.push({ type: 'put', key: areaPrefix(folder, carry.to) + key.slice(prefix.length), value });
    if (rows.length < CHUNK_RECORDS) continue;
    await committer.commit(rows);
    rows = [];
  }
  await committer.commit(rows);
}

/** The device stays who it was, if that can be read: each opening is a run of its own, so no number is given twice. */
async function identityRows(from: DamagedStore, folder: FolderId): Promise<StoreOperation[]> {
  const device = await from.get(DEVICE_KEY);
  const isSound = await readDeviceRow(from).then(
    (found) => found !== undefined,
    () => false,
  );
  return [
    folderEntryRow({ id: folder, name: '' }),
    ...(device !== undefined && isSound ? [{ type: 'put' as const, key: DEVICE_KEY, value: device }] : []),
  ];
}
