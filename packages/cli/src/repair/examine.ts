/**
 * Looks at the store of a directory from below: the files of its database, the folder that it makes, the records in it, and the
 * contents beside it. Nothing of the device is changed, and what does not open is read all the same.
 */
import { join } from 'node:path';
import { fileBlobs } from '@evermesh/adapters/blob-files';
import { levelStore } from '@evermesh/adapters/level';
import { examineDatabase, isLocked } from '@evermesh/adapters/level-damage';
import {
  type BlobStore,
  EvermeshError,
  type Finding,
  type FolderId,
  isEvermeshError,
  type Logger,
  openReplica,
  type Store,
  type StoreOperation,
  type StoreSurvey,
  surveyStore,
  survivingBlobs,
  systemRandom,
} from '@evermesh/core';
import type { BlobName } from '@evermesh/core/base';
import { openStore, STORE_FORMAT } from '@evermesh/core/log';
import { checkKeptRows } from '@evermesh/mirror';
import type { RepairPlace } from './repair-place.ts';

export interface ExamineOptions {
  readonly place: RepairPlace;
  readonly folder: FolderId;
  /** Of the relay, as a transport has it. */
  readonly address: string;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly onProgress: (phase: string, done: number) => void;
}

/** A part of the store that is not as it was written. */
export interface Damage {
  readonly where: string;
  readonly what: string;
}

export interface Examined {
  /** Of the store; empty: it is whole. */
  readonly damage: readonly Damage[];
  /** Contents whose files do not hold what their names say. */
  readonly damagedBlobs: readonly BlobName[];
  /** Contents that records name and that are not here, or damaged. */
  readonly missingBlobs: ReadonlySet<BlobName>;
  readonly survey: StoreSurvey;
  /** What was surveyed, open until `close`. */
  readonly store: Store;
  readonly blobs: BlobStore;
  close(): Promise<void>;
}

/** @throws STORE_LOCKED if a device has the store open; FORMAT_TOO_NEW, STORE_FAILED */
export async function examine(options: ExamineOptions): Promise<Examined> {
  const { place, folder, address, signal } = options;
  const database = await examineDatabase(place.store);
  if (database !== undefined && (await isLocked(place.store)))
    throw new EvermeshError('STORE_LOCKED', `Another evermesh process uses ${place.data}.`);
  const damage: Damage[] = (database?.damage ?? [{ file: '', what: 'is gone' }]).map(({ file, what }) => ({
    where: join('store', file),
    what,
  }));
  if (damage.length === 0) damage.push(...(await damageInside(options)));
  signal.throwIfAborted();
  const opens = database?.damage.length === 0 && !damage.some(({ where }) => where === 'store');
  const store = await (opens ? openStore(levelStore(place.store)) : rowsOf(options, database?.rows()));
  try {
    const onProgress = (done: number): void => options.onProgress('reading records', done);
    const survey = await surveyStore({ store, folder, address, random: systemRandom, signal, onProgress });
    const blobs = fileBlobs(join(place.data, 'blobs'));
    await blobs.open();
    const look = { names: survey.blobs, store, beside: blobs, signal };
    const damagedBlobs = await damagedOf(blobs, (await survivingBlobs(look)).beside, options);
    // What was found damaged counts as gone from here on.
    const { missing } = await survivingBlobs(look);
    return { damage, damagedBlobs, missingBlobs: missing, survey, store, blobs, close: () => store.close() };
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** What a store whose files are whole says of itself; where it does not open, of the store as such. */
async function damageInside({ place, folder, address, logger }: ExamineOptions): Promise<Damage[]> {
  let where = 'store';
  try {
    await using replica = await openReplica({
      store: levelStore(place.store),
      blobs: fileBlobs(join(place.data, 'blobs')),
      // Whoever only looks lets nothing go.
      history: 'everything',
      logger,
    });
    where = 'the folder';
    const opened = await replica.folder(folder);
    const findings = await opened.verify();
    await checkKeptRows(opened.nodes);
    await replica.pending(folder, address);
    return findings.map(described);
  } catch (error) {
    const isDamage = isEvermeshError(error, 'STORE_CORRUPT') || isEvermeshError(error, 'FOLDER_NOT_FOUND');
    if (!isDamage) throw error;
    return [{ where, what: error.message }];
  }
}

const described = ({ document, what, detail }: Finding): Damage => ({
  where: `document ${document}`,
  what: `${what}: ${detail}`,
});

/** What survives of a database that does not open, in one that does. */
async function rowsOf(
  { place, signal, onProgress }: ExamineOptions,
  rows: AsyncIterable<[string, Uint8Array]> = none(),
): Promise<Store> {
  const copy = levelStore(place.rows);
  await copy.open();
  try {
    let batch: StoreOperation[] = [];
    let done = 0;
    for await (const [key, value] of rows) {
      signal.throwIfAborted();
      batch.push({ type: 'put', key, value });
      done += 1;
      if (batch.length < ROWS_AT_ONCE) continue;
      await copy.batch(batch, { sync: false });
      batch = [];
      onProgress('reading what survives', done);
    }
    if (batch.length > 0) await copy.batch(batch, { sync: false });
    if ((await copy.get('format')) === undefined)
      await copy.batch([{ type: 'put', key: 'format', value: ownFormat }], { sync: false });
  } finally {
    await copy.close();
  }
  return openStore(levelStore(place.rows));
}

const ROWS_AT_ONCE = 200;
const ownFormat = new TextEncoder().encode(String(STORE_FORMAT));

async function* none(): AsyncGenerator<[string, Uint8Array]> {}

/** Each is read to its end, where its hash is compared. */
async function damagedOf(
  blobs: BlobStore,
  names: ReadonlySet<BlobName>,
  { signal, onProgress }: ExamineOptions,
): Promise<BlobName[]> {
  const damaged: BlobName[] = [];
  let done = 0;
  for (const name of names) {
    signal.throwIfAborted();
    done += 1;
    if ((await blobs.size(name)) === undefined) continue;
    try {
      for await (const _ of blobs.read(name)) signal.throwIfAborted();
    } catch (error) {
      if (!isEvermeshError(error, 'BLOB_DAMAGED')) throw error;
      damaged.push(name);
    }
    onProgress('reading contents', done);
  }
  return damaged;
}
