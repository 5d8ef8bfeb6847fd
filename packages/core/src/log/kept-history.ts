/**
 * What a document went through before the records that are left: the steps of it that are kept, in a row of their own, apart from the
 * state that stands for the records. Each step is one body, what several records came to; what was written and deleted between two of
 * them is gone. The row says for what it is the history by the heads it leads to, not by a place: so it is as good in another log.
 *
 * Bytes, checked by their digest: the length of what follows, which is deflated; then the number of steps; of each when it was seen
 * here, the time of its author, what it brings, and its body. The only step of a document has none: the state is it.
 */
import { type AuthorId, type BlobName, deflate, inflate } from '../base/index.ts';
import { isEvermeshError } from '../errors/index.ts';
import {
  equalHeads,
  type Heads,
  malformed,
  mergeHeads,
  NO_HEADS,
  raiseHead,
  Reader,
  readHeads,
  Writer,
  writeHeads,
} from '../protocol/index.ts';
import type { BodyCodec, BodyHistory } from './body-codec.ts';
import { checkedContent, checkedRow } from './checked-row.ts';
import { type HistoryPolicy, periodOf, stricter, TOO_OLD } from './history-policy.ts';
import type { HistoryStep, HistoryUpdate } from './history-step.ts';

export interface KeptStep {
  /** Milliseconds since 1970 when this replica was seen to have it, by its own clock; later rather than earlier. */
  readonly seen: number;
  readonly time: number;
  readonly brings: Heads;
  /** `undefined`: what the state holds that stands for the records. */
  readonly body: Uint8Array | undefined;
}

export interface HistoryJob {
  /** The row so far. */
  readonly row: Uint8Array | undefined;
  readonly policy: HistoryPolicy;
  readonly now: number;
  /** Places and when the log was seen to have come as far, ascending. */
  readonly marks: readonly (readonly [seq: number, seen: number])[];
}

/** What becomes part of the history: a record, or what stands for records. */
export interface HistoryPiece {
  readonly seq: number;
  readonly time: number;
  readonly brings: Heads;
  readonly update: HistoryUpdate;
}

/** Steps that a row may claim. */
const MOST_STEPS = 100_000;
/** Bytes that a row holds before it is deflated, 16 MiB. A document of which more would be kept has fewer versions. */
const MOST_BYTES = 16_777_216;

export function encodeHistory(steps: readonly KeptStep[]): Uint8Array {
  const writer = new Writer().uint(steps.length);
  for (const { seen, time, brings, body } of steps) {
    writer.uint(seen).uint(time);
    writeHeads(writer, brings);
    writer.byte(body === undefined ? 0 : 1);
    if (body !== undefined) writer.bytes(body);
  }
  const content = writer.finish();
  return checkedRow(new Writer().uint(content.byteLength).raw(deflate(content)).finish());
}

/** @throws MESSAGE_MALFORMED */
export function readHistory(row: Reader): KeptStep[] {
  const packed = checkedContent(row);
  const length = packed.uint();
  const content = new Reader(inflated(packed.raw(packed.left), length));
  const steps: KeptStep[] = [];
  for (let left = content.count(MOST_STEPS, 'steps'); left > 0; left--)
    steps.push({
      seen: content.uint(),
      time: content.uint(),
      brings: readHeads(content),
      body: content.byte() === 0 ? undefined : content.bytes(MOST_BYTES),
    });
  content.end();
  return steps;
}

function inflated(bytes: Uint8Array, length: number): Uint8Array {
  if (length > 2 * MOST_BYTES) throw malformed('a history is too large');
  try {
    return inflate(bytes, length);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw malformed('a history is not compressed as it says');
  }
}

/** What these steps lead to. */
const headsAfter = (steps: readonly KeptStep[]): Heads =>
  steps.reduce<Heads>((heads, { brings }) => mergeHeads(heads, brings), NO_HEADS);

/** Those of a row that leads to these heads; a row that is damaged, or another's, has none. */
export function historyTo(row: Uint8Array | undefined, heads: Heads): KeptStep[] | undefined {
  const steps = row && stepsIn(row);
  return steps !== undefined && equalHeads(headsAfter(steps), heads) ? steps : undefined;
}

/** @param standIn the body of the state that stands for the records */
export function* stepsOfHistory(steps: readonly KeptStep[], standIn: Uint8Array): Generator<HistoryStep> {
  let heads: Heads = NO_HEADS;
  for (const { time, brings, body } of steps) {
    heads = mergeHeads(heads, brings);
    const update: HistoryUpdate =
      body === undefined ? { kind: 'snapshot', body: standIn } : { kind: 'update', body };
    yield { heads, brings, time, updates: [update] };
  }
}

/** What is kept of a history. */
export interface ThinnedHistory {
  readonly row: Uint8Array;
  /** Contents that a reader of it finds: of the versions that are kept, and of the state that they lead to. */
  readonly contents: readonly BlobName[];
}

/** Several steps that are to be one. */
interface Group {
  readonly period: string;
  seen: number;
  time: number;
  readonly brings: Map<AuthorId, number>;
  readonly updates: HistoryUpdate[];
}

/** Work between two steps: a millisecond or two. */
const SLICE = { updates: 64, bytes: 16_384 };

/**
 * What its policy keeps of a history. Yields where it may be interrupted.
 * @param pieces all of the document that is to go, in the log's order; the first may stand for all that the row tells of
 * @throws UPDATE_MALFORMED
 */
export function* thinHistory(
  job: HistoryJob,
  pieces: readonly HistoryPiece[],
  codec: BodyCodec,
): Generator<void, ThinnedHistory> {
  for (const policy of stricter(job.policy)) {
    const history = codec.history();
    const steps = yield* merged(groupsOf({ ...job, policy }, pieces), history);
    if (steps !== undefined) return { row: encodeHistory(steps), contents: [...history.contents] };
  }
  // The strictest leaves one step, which has no body.
  throw new TypeError('A history of one step is never too large.');
}

/** `undefined`: they are too much. */
function* merged(groups: readonly Group[], history: BodyHistory): Generator<void, KeptStep[] | undefined> {
  const steps: KeptStep[] = [];
  let bytes = 0;
  for (const { seen, time, brings, updates } of groups) {
    for (const slice of slicesOf(updates)) {
      history.add(slice);
      yield;
    }
    history.look();
    // The only step is the state.
    const body = groups.length === 1 ? undefined : history.step();
    bytes += body?.byteLength ?? 0;
    if (bytes > MOST_BYTES) return undefined;
    steps.push({ seen, time, brings, body });
    yield;
  }
  return steps;
}

function* slicesOf(updates: readonly HistoryUpdate[]): Generator<HistoryUpdate[]> {
  let slice: HistoryUpdate[] = [];
  let bytes = 0;
  for (const update of updates) {
    slice.push(update);
    bytes += update.body.byteLength;
    if (slice.length < SLICE.updates && bytes < SLICE.bytes) continue;
    yield slice;
    [slice, bytes] = [[], 0];
  }
  if (slice.length > 0) yield slice;
}

/** Whether with time alone the steps of a row have become fewer. @throws nothing: a row that is damaged stays as it is */
export function isThinnedBy(row: Uint8Array, { policy, now }: Omit<HistoryJob, 'row'>): boolean {
  const steps = stepsIn(row) ?? [];
  const periods = steps.map(({ seen }) => periodOf(policy, seen, now));
  return periods.some((period, i) => i > 0 && (period === periods[i - 1] || periods[i - 1] === TOO_OLD));
}

function groupsOf(job: HistoryJob, pieces: readonly HistoryPiece[]): Group[] {
  const { policy, now, marks } = job;
  const groups: Group[] = [];
  const add = (
    seen: number,
    { time, brings }: Pick<HistoryPiece, 'time' | 'brings'>,
    updates: readonly HistoryUpdate[],
  ): void => {
    const period = periodOf(policy, seen, now);
    const last = groups.at(-1);
    const group: Group =
      last?.period === period ? last : { period, seen, time, brings: new Map(), updates: [] };
    if (group !== last) groups.push(group);
    group.seen = seen;
    group.time = time;
    for (const [author, counter] of brings) raiseHead(group.brings, author, counter);
    group.updates.push(...updates);
  };
  const { steps, count } = historyBefore(job, pieces);
  for (const { seen, time, brings, body } of steps) {
    const updates: HistoryUpdate[] =
      body === undefined ? pieces.slice(0, count).map(({ update }) => update) : [{ kind: 'update', body }];
    add(seen, { time, brings }, updates);
  }
  let at = 0;
  for (const piece of pieces.slice(count)) {
    while (at < marks.length - 1 && (marks[at]?.[0] ?? 0) < piece.seq) at += 1;
    add(marks[at]?.[1] ?? now, piece, [piece.update]);
  }
  return withoutTooOld(groups);
}

/**
 * What the row tells of, and how many pieces come to the same: one, that stands for what is gone; more, where a store tore the batch
 * that put the row.
 */
function historyBefore(
  { row }: HistoryJob,
  pieces: readonly HistoryPiece[],
): { readonly steps: readonly KeptStep[]; readonly count: number } {
  const steps = (row && stepsIn(row)) ?? [];
  const led = headsAfter(steps);
  const heads = new Map<AuthorId, number>();
  for (const [i, { brings }] of pieces.entries()) {
    for (const [author, counter] of brings) raiseHead(heads, author, counter);
    if (steps.length > 0 && equalHeads(heads, led)) return { steps, count: i + 1 };
  }
  return { steps: [], count: 0 };
}

/** A row that is damaged tells of nothing: what it led to is in what stands for the records. */
function stepsIn(row: Uint8Array): KeptStep[] | undefined {
  try {
    return readHistory(new Reader(row));
  } catch (error) {
    if (!isEvermeshError(error, 'MESSAGE_MALFORMED')) throw error;
    return undefined;
  }
}

/** What is too old is kept for what builds on it, and is one with that. */
function withoutTooOld(groups: readonly Group[]): Group[] {
  const [first, second, ...rest] = groups;
  if (first === undefined || second === undefined || first.period !== TOO_OLD) return [...groups];
  const brings = new Map(mergeHeads(first.brings, second.brings));
  return [{ ...second, brings, updates: [...first.updates, ...second.updates] }, ...rest];
}
