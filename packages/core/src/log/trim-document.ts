/**
 * Lets the older records of a document go. The state that they come to takes their place, as if nobody here had ever had them and
 * had been given a snapshot: it stands at the place of the last of them, and what is behind it stays as it was.
 *
 * One batch, and what takes the place of others is put in front of their removal: whatever a crash leaves, all is there.
 */
import type { BlobName, DocumentId } from '../base/index.ts';
import { isEvermeshError } from '../errors/index.ts';
import { type Heads, Reader, Writer } from '../protocol/index.ts';
import type { CompactionJob, CompactionResult } from './compact-document.ts';
import { type CountedBytes, countBytes, isTorn } from './count-bytes.ts';
import type { DocumentIndex } from './document-index.ts';
import { encodeState, readState } from './document-state.ts';
import type { FolderLog } from './folder-log.ts';
import { type HistoryJob, isThinnedBy } from './kept-history.ts';
import {
  blobKey,
  historyKey,
  isStandInKey,
  packKey,
  seqOfKey,
  standInKey,
  stateKey,
  unnamedKey,
} from './keys.ts';
import { entriesOf } from './log-reader.ts';
import { readJob, type ReadRow } from './read-job.ts';
import type { StoreOperation } from './store.ts';

/** Which of the names in records stand for contents: a content in chunks is named by the root of its manifest. */
export type NamesOf = (
  names: readonly BlobName[],
  contents: ReadonlySet<BlobName>,
) => Promise<readonly BlobName[]>;

export interface TrimOptions {
  /** Records up to this place go, in one job or several. */
  readonly floor: number;
  /** What is kept of their history. Default: nothing. */
  readonly history?: Omit<HistoryJob, 'row'> | undefined;
  /** Whether somebody needs a state that is older than that of these heads: asked when that is about to go. Default: nobody does. */
  readonly isNeeded?: ((covers: Heads) => boolean) | undefined;
  /** Of these names those that stand for one of these contents, or may. Default: all that records named are named for good. */
  readonly namesOf?: NamesOf | undefined;
  readonly isWorthTrimming: (goes: number, comes: number) => boolean;
  readonly run: (job: CompactionJob) => Promise<CompactionResult>;
  readonly signal: AbortSignal;
}

/** Which records of a document go. */
export type Trim = Pick<TrimOptions, 'floor' | 'history' | 'isNeeded' | 'namesOf'>;

/** Of which records that are gone less is kept. */
export type Thinning = Pick<TrimOptions, 'isNeeded' | 'namesOf'> & {
  readonly history: Omit<HistoryJob, 'row'>;
};

/** Whether any went. @throws what reading the document and the runner throw; the signal's reason */
export async function trimDocument(
  log: FolderLog,
  document: DocumentId,
  options: TrimOptions,
): Promise<boolean> {
  const { floor, isWorthTrimming, signal } = options;
  for (let went = false; ; went = true) {
    const index = log.document(document);
    // One record is what its author wrote, and is no more than what would stand for it.
    if (index === undefined || index.records < 2) return went;
    const job = { after: 0, bounded: true, through: floor, signal };
    const { rows, read, isFull } = await readJob(log, index, job);
    signal.throwIfAborted();
    // A large document is not folded each time that somebody wrote a little: its state will hardly be less than it was.
    if (!isWorthTrimming(bytesOf(read), stateBytesBefore(index, read))) return went;
    const { result, moreHistory, dropped } = await runJob(log, document, rows, options);
    if (result === undefined || result.seq <= (index.compacted?.floor ?? 0)) return went;
    const comes = result.state.byteLength + bytesOfPacks(result) + moreHistory;
    if (!isWorthTrimming(bytesOf(read), comes)) return went;
    const isBehind = await isStateBehind(log, document, result.seq);
    const counted = isTorn(index, read) ? await countBytes(log, index, result.seq) : undefined;
    // Nothing is awaited between this and the commit: what is shown may be another a moment later.
    if (!mayGo(options, result)) return went;
    const notes = unnamedRows(dropped, options.history?.now ?? 0);
    await commit(log, index, { read, result, isBehind, counted, notes });
    if (!isFull) return true;
  }
}

/** What is kept of a document's history gets less, with time alone. Whether it did. @throws as `trimDocument` */
export async function thinDocument(
  log: FolderLog,
  document: DocumentId,
  options: Omit<TrimOptions, 'floor'> & Thinning,
): Promise<boolean> {
  const row = await log.read.historyRow(document);
  const index = log.document(document);
  const { compacted } = index ?? {};
  if (index === undefined || compacted === undefined || row === undefined) return false;
  const { floor } = compacted;
  if (floor === 0 || !isThinnedBy(row, options.history)) return false;
  const job = { after: 0, bounded: true, through: floor, signal: options.signal };
  const { rows } = await readJob(log, index, job);
  const { result, dropped } = await runJob(log, document, rows, { ...options, floor });
  if (result?.history === undefined || result.seq !== floor) return false;
  const isBehind = await isStateBehind(log, document, floor);
  const standIn = await rowOfStandIn(log, document, floor);
  if (standIn === undefined || !mayGo(options, result)) return false;
  const key = standInKey(log.folder, document, floor);
  // What it stands for stays what it is, byte for byte; it names less.
  const { blobs } = readState(new Reader(result.state));
  const fewer = encodeState({ ...readState(new Reader(standIn)), blobs });
  const lessBytes = bytesOfStandIn(key, standIn) - bytesOfStandIn(key, fewer);
  await log.replace(document, {
    // The versions that are gone first: what is listed is named.
    puts: [
      { type: 'put', key: historyKey(log.folder, document), value: result.history.row },
      { type: 'put', key, value: fewer },
      ...unnamedRows(dropped, options.history.now),
    ],
    removed: [],
    lessBytes,
    compacted: {
      ...compacted,
      stateBytes: isBehind ? compacted.stateBytes : fewer.byteLength,
      bytes: compacted.bytes - lessBytes,
    },
  });
  return true;
}

interface Run {
  readonly result: Trimmed | undefined;
  /** Bytes that the history takes more than before. */
  readonly moreHistory: number;
  /** What is not named any more by what stands for records. */
  readonly dropped: readonly BlobName[];
}

async function runJob(
  log: FolderLog,
  document: DocumentId,
  rows: Uint8Array,
  { floor, history, namesOf, run }: TrimOptions,
): Promise<Run> {
  const row = history && (await log.read.historyRow(document));
  const result = await run({
    ...{ state: undefined, packs: true, floor, rows },
    history: history && { ...history, row },
  });
  if (result.type !== 'compacted') return { result: undefined, moreHistory: 0, dropped: [] };
  const moreHistory = (result.history?.row.byteLength ?? 0) - (row?.byteLength ?? 0);
  if (namesOf === undefined || result.history === undefined) return { result, moreHistory, dropped: [] };
  const state = readState(new Reader(result.state));
  const blobs = await namesOf(state.blobs, new Set(result.history.contents));
  const kept = new Set(blobs);
  const dropped = state.blobs.filter((name) => !kept.has(name));
  return { result: { ...result, state: encodeState({ ...state, blobs }) }, moreHistory, dropped };
}

const mayGo = ({ isNeeded }: Pick<TrimOptions, 'isNeeded'>, { state }: Trimmed): boolean =>
  isNeeded === undefined || !isNeeded(readState(new Reader(state)).covers);

type Trimmed = CompactionResult & { readonly type: 'compacted' };

const bytesOf = (read: readonly ReadRow[]): number => read.reduce((sum, { bytes }) => sum + bytes, 0);

const stateBytesBefore = ({ compacted }: DocumentIndex, read: readonly ReadRow[]): number =>
  read.find(({ key }) => isStandInKey(key))?.bytes ?? compacted?.stateBytes ?? 0;

const bytesOfPacks = ({ packs }: Trimmed): number => packs.reduce((sum, { row }) => sum + row.byteLength, 0);

/** Whoever collects blobs finds a large one by this alone. */
const unnamedRows = (names: readonly BlobName[], since: number): StoreOperation[] =>
  names.map((name) => ({
    type: 'put',
    key: unnamedKey(blobKey(name)),
    value: new Writer().uint(since).finish(),
  }));

const bytesOfStandIn = (key: string, row: Uint8Array): number =>
  entriesOf(key, row).reduce((sum, { bytes }) => sum + bytes.byteLength, 0);

async function rowOfStandIn(
  log: FolderLog,
  document: DocumentId,
  floor: number,
): Promise<Uint8Array | undefined> {
  for await (const [key, row] of log.read.rows(document, 0, 1))
    if (isStandInKey(key) && seqOfKey(key) === floor) return row;
  return undefined;
}

/** Whether the state that opening the document reads stands for more than what is to stand for records. */
async function isStateBehind(log: FolderLog, document: DocumentId, seq: number): Promise<boolean> {
  try {
    return ((await log.read.state(document))?.seq ?? 0) > seq;
  } catch (error) {
    // Damaged: what takes the place of the records takes its place as well.
    if (!isEvermeshError(error, 'STORE_CORRUPT')) throw error;
    return false;
  }
}

async function commit(
  log: FolderLog,
  index: DocumentIndex,
  {
    read,
    result,
    isBehind,
    counted,
    notes,
  }: {
    readonly read: readonly ReadRow[];
    readonly result: Trimmed;
    readonly isBehind: boolean;
    /** What is left, where the index entry cannot be believed. */
    readonly counted: CountedBytes | undefined;
    readonly notes: readonly StoreOperation[];
  },
): Promise<void> {
  const { folder } = log;
  const { document, compacted } = index;
  const { seq: floor, records, packs, state, history } = result;
  const key = standInKey(folder, document, floor);
  const puts: StoreOperation[] = [];
  // In front of what it leads to: if the rest is not written, that is found in the records that are there.
  if (history !== undefined)
    puts.push({ type: 'put', key: historyKey(folder, document), value: history.row });
  puts.push({ type: 'put', key, value: state });
  for (const { seq, row } of packs)
    puts.push({ type: 'put', key: packKey(folder, document, seq), value: row });
  puts.push(...notes);
  const kept = new Set(puts.map((put) => put.key));
  const removed = read.map((row) => row.key).filter((old) => !kept.has(old));
  if (!isBehind) removed.push(stateKey(folder, document));
  const standInBytes = bytesOfStandIn(key, state);
  const isInPacks = compacted !== undefined && floor <= compacted.seq;
  const lessBytes =
    counted === undefined ? result.bytes - standInBytes : index.bytes - counted.all - standInBytes;
  const packedBytes =
    counted === undefined ? (compacted?.bytes ?? 0) - lessBytes : counted.packed + standInBytes;
  // Packs that were read are written anew, or gone: none of them is open any more.
  const last = packs.at(-1)?.seq ?? floor;
  await log.replace(document, {
    puts,
    removed,
    lessBytes,
    compacted: {
      stateBytes: isBehind && compacted !== undefined ? compacted.stateBytes : state.byteLength,
      seq: isInPacks ? compacted.seq : floor,
      records: isInPacks ? compacted.records : records,
      bytes: isInPacks ? packedBytes : standInBytes,
      floor,
      open: isInPacks ? compacted.open.filter(({ after }) => after >= last) : [],
    },
  });
}
