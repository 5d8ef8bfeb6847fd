/**
 * What a damaged store still has of a folder, place by place of its log. It only reads, and believes of what it reads only what
 * proves itself: a record by its digest, and by standing behind its author's previous one.
 */
import {
  type AuthorId,
  authorOf,
  type BlobName,
  EMPTY,
  equalBytes,
  type DocumentId,
  type FolderId,
  newDeviceId,
  newRunId,
  type Random,
  TREE_DOCUMENT,
} from '../base/index.ts';
import { isEvermeshError } from '../errors/index.ts';
import { nextDigest, readProgress } from '../log/index.ts';
import { covers, type Heads, isHeld, type Position, raiseBy, type RecordHeader } from '../protocol/index.ts';
import { peerNameOf } from '../sync/index.ts';
import {
  type DamagedStore,
  endOfLog,
  gonePlaces,
  type OrderPlace,
  placesOfOrder,
  recordsIn,
  toldHeads,
} from './surviving-rows.ts';

/** A place of the log whose record is not carried over. */
export interface GonePlace {
  readonly seq: number;
  /** Absent: nothing says which document stood here. */
  readonly document: DocumentId | undefined;
  /** `damaged`: not what was written. `missing`. `cut off`: whole, but what it follows is not. */
  readonly why: 'damaged' | 'missing' | 'cut off';
  /** Whether the relay has acknowledged it, or gave it. */
  readonly isAtRelay: boolean;
}

export interface WholeRecord {
  readonly seq: number;
  readonly header: RecordHeader;
  /** It is a state that stands for records which are gone. */
  readonly isStandIn: boolean;
}

export interface StoreSurvey {
  readonly folder: FolderId;
  /** What can be carried over, in the log's order. */
  readonly whole: readonly WholeRecord[];
  readonly gone: readonly GonePlace[];
  /** What there was of documents that cannot be carried over whole, or may not be: it is asked for. */
  readonly owed: ReadonlyMap<DocumentId, Heads>;
  /** Contents that whole records name. */
  readonly blobs: ReadonlySet<BlobName>;
}

export interface SurveyOptions {
  readonly store: DamagedStore;
  readonly folder: FolderId;
  /** Of the relay that is asked for what is gone, as its transport has it. */
  readonly address: string;
  readonly random: Random;
  /** Is told how many records were read. */
  readonly onProgress?: ((done: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export async function surveyStore(options: SurveyOptions): Promise<StoreSurvey> {
  const { store, folder, address, random } = options;
  const peer = peerNameOf(address);
  const acknowledged = (await readProgress(store, folder, peer).catch(passOverDamage))?.acknowledged ?? 0;
  const order = await placesOfOrder(store, folder);
  const end = await endOfLog(store, folder);
  const known = new Map([...order].map(([seq, place]) => [seq, place.document]));
  const read: WholeRecord[] = [];
  const found = new Set<number>();
  const damaged = new Set<number>();
  const floors = new Map<DocumentId, number>();
  for await (const { seq, document, header, isStandIn } of recordsIn(store, folder)) {
    options.signal?.throwIfAborted();
    known.set(seq, document);
    // A record that was packed and a moment later still stood there by itself is one.
    if (header === undefined) damaged.add(seq);
    // What stands for records is behind a record of its place: it is needed where that follows nothing that is here.
    else if (isStandIn || !found.has(seq)) read.push({ seq, header, isStandIn });
    if (isStandIn && header !== undefined) floors.set(document, seq);
    if (header !== undefined) found.add(seq);
    options.onProgress?.(read.length + damaged.size);
  }
  read.sort((a, b) => a.seq - b.seq);
  const untrue = new Set(refuted(read, order, end));
  const sound = read.filter(({ seq }) => !untrue.has(seq));
  const whole = consistent(sound);
  const carried = new Set(whole.map(({ seq }) => seq));
  const last = Math.max(end?.seq ?? 0, ...lastOf(known.keys()));
  const gone: GonePlace[] = [];
  const spans = await gonePlaces(store, folder);
  let at = 0;
  for (let seq = 1; seq <= last; seq++) {
    if (carried.has(seq)) continue;
    while ((spans[at]?.to ?? Infinity) < seq) at += 1;
    // Nothing is missed where a state stands for what was there.
    if ((spans[at]?.from ?? Infinity) <= seq || seq < (floors.get(known.get(seq) as DocumentId) ?? 0))
      continue;
    const isSound = found.has(seq) && !untrue.has(seq);
    const why = isSound ? 'cut off' : found.has(seq) || damaged.has(seq) ? 'damaged' : 'missing';
    gone.push({ seq, document: known.get(seq), why, isAtRelay: seq <= acknowledged });
  }
  const told = await toldHeads(store, folder);
  for (const { header } of sound) {
    const heads = new Map(told.get(header.document));
    raiseBy(heads, header);
    told.set(header.document, heads);
  }
  return {
    folder,
    whole,
    gone,
    owed: owedOf(whole, gone, told, end === undefined, random),
    blobs: new Set(whole.flatMap(({ header }) => header.blobs)),
  };
}

/**
 * Records that the log's running digest says were other ones: no digest of their own is over whose they are. A digest that the next
 * place does not follow from says nothing; it is the damaged one.
 */
function refuted(
  read: readonly WholeRecord[],
  order: ReadonlyMap<number, OrderPlace>,
  end: Position | undefined,
): number[] {
  // A state is another record than the last of those for which it stands.
  const originals = read.filter(({ isStandIn }) => !isStandIn);
  const headers = new Map(originals.map(({ seq, header }) => [seq, header]));
  const digestAt = (seq: number): Uint8Array | undefined =>
    seq === 0 ? new Uint8Array(16) : (order.get(seq)?.digest ?? (seq === end?.seq ? end.digest : undefined));
  const follows = (seq: number): boolean | undefined => {
    const [before, header, digest] = [digestAt(seq - 1), headers.get(seq), digestAt(seq)];
    if (before === undefined || header === undefined || digest === undefined) return undefined;
    return equalBytes(nextDigest(before, header), digest);
  };
  const isConfirmed = (seq: number): boolean =>
    seq === end?.seq ? equalBytes(end.digest, digestAt(seq) ?? EMPTY) : follows(seq + 1) === true;
  return read.flatMap(({ seq }) =>
    follows(seq) === false && isConfirmed(seq) && (seq === 1 || follows(seq - 1) !== false) ? [seq] : [],
  );
}

/** Records each of which stands behind its author's previous one in its document, or is a snapshot that covers more than was there. */
function consistent(records: readonly WholeRecord[]): WholeRecord[] {
  const held = new Map<DocumentId, Map<AuthorId, number>>();
  return records.filter(({ header }) => {
    const { author, document, prev, kind } = header;
    let heads = held.get(document);
    if (heads === undefined) held.set(document, (heads = new Map()));
    const follows = kind === 'snapshot' || prev <= (heads.get(author) ?? 0);
    if (!follows || isHeld(heads, header)) return false;
    raiseBy(heads, header);
    return true;
  });
}

function owedOf(
  whole: readonly WholeRecord[],
  gone: readonly GonePlace[],
  told: ReadonlyMap<DocumentId, Heads>,
  isEndUnknown: boolean,
  random: Random,
): Map<DocumentId, Heads> {
  const held = new Map<DocumentId, Map<AuthorId, number>>();
  for (const { header } of whole) {
    let heads = held.get(header.document);
    if (heads === undefined) held.set(header.document, (heads = new Map()));
    raiseBy(heads, header);
  }
  const owed = new Map<DocumentId, Heads>();
  for (const [document, heads] of told)
    if (!covers(held.get(document) ?? new Map(), heads)) owed.set(document, heads);
  // Where nobody can say what there was, it is asked for all the same: the relay says that there is no such author.
  const unknown: Heads = new Map([[authorOf(newDeviceId(random), newRunId(random)), 1]]);
  for (const { document = TREE_DOCUMENT } of gone) if (!owed.has(document)) owed.set(document, unknown);
  if (isEndUnknown && !owed.has(TREE_DOCUMENT)) owed.set(TREE_DOCUMENT, unknown);
  return owed;
}

/** The greatest, if there is one: there may be too many to name them all to a function. */
function lastOf(numbers: Iterable<number>): [number] | [] {
  let last = 0;
  for (const number of numbers) if (number > last) last = number;
  return last === 0 ? [] : [last];
}

/** How much the relay has is not known then. */
function passOverDamage(error: unknown): undefined {
  if (!isEvermeshError(error, 'STORE_CORRUPT')) throw error;
}
