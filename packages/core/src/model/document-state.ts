/**
 * A document's whole state as bytes: one that says how they are encoded, then an update in Yjs' encoding V2, which is less than
 * half of V1. A row that has it is checked by its digest, so it is what this program wrote, and V2 is trusted there. The body of a
 * snapshot comes from anybody: it is bounded, and checked as far as that is.
 */
import * as Y from 'yjs';
import { concatBytes, deflate, inflate } from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import { Reader, Writer } from '../protocol/index.ts';
import { newDocument } from './body-codec.ts';
import { isSoundState } from './state-frame.ts';

/** An update in V2. */
const PLAIN = 1;
/** The length of such an update, then the update deflated. */
const DEFLATED = 2;
/** Deflated if that leaves at most this share: what saves less is not worth inflating at each opening. */
const WORTH = 0.9;
/** Of a state that its row may claim. */
const MOST_BYTES = 2 ** 31;
/**
 * Of a snapshot: what it may claim to be inflated, 64 MiB, and to hold. A record of the greatest length holds six times as many structs,
 * each of them written out.
 */
const SNAPSHOT = { bytes: 67_108_864, structs: 1_000_000 };

export function encodeDocumentState(doc: Y.Doc): Uint8Array {
  const update = Y.encodeStateAsUpdateV2(doc);
  const deflated = deflate(update);
  if (deflated.byteLength > WORTH * update.byteLength) return concatBytes([Uint8Array.of(PLAIN), update]);
  return new Writer().byte(DEFLATED).uint(update.byteLength).raw(deflated).finish();
}

/**
 * Applies a state as one transaction.
 * @throws UPDATE_MALFORMED if a later version encoded it
 */
export function applyDocumentState(doc: Y.Doc, state: Uint8Array, origin: unknown): void {
  Y.applyUpdateV2(doc, updateOf(state), origin);
}

/**
 * Applies the body of a snapshot as one transaction.
 * @throws UPDATE_MALFORMED, and the document is as it was
 */
export function applySnapshotBody(doc: Y.Doc, state: Uint8Array, origin: unknown): void {
  const update = updateOf(state, SNAPSHOT.bytes);
  if (!isSoundState(update, SNAPSHOT.structs)) throw unreadable(undefined);
  try {
    Y.applyUpdateV2(doc, update, origin);
  } catch (error) {
    // Either a content is none, and Yjs has changed nothing yet, or an observer threw, which is its own error.
    decode(update);
    throw error;
  }
}

function decode(update: Uint8Array): void {
  try {
    Y.decodeUpdateV2(update);
  } catch (error) {
    throw unreadable(error);
  }
}

/**
 * The document of which the body of a snapshot is the state, whole: it builds on nothing that is not in it. Takes as long as opening
 * the document. It belongs to nobody yet: it has no name, and `0` for its `clientID`.
 * @throws UPDATE_MALFORMED
 */
export function wholeDocument(state: Uint8Array): Y.Doc {
  const doc = newDocument('', 0, true);
  applySnapshotBody(doc, state, undefined);
  if (!isWhole(doc)) throw unreadable(undefined);
  return doc;
}

function updateOf(state: Uint8Array, mostBytes = MOST_BYTES): Uint8Array {
  try {
    const reader = new Reader(state);
    const encoding = reader.byte();
    if (encoding === PLAIN) return reader.raw(reader.left);
    const length = reader.uint();
    if (encoding === DEFLATED && length <= mostBytes) return inflate(reader.raw(reader.left), length);
  } catch (error) {
    throw unreadable(error);
  }
  throw unreadable(undefined);
}

const unreadable = (cause: unknown): EvermeshError =>
  new EvermeshError(
    'UPDATE_MALFORMED',
    'The state of a document is in no encoding that this version can read.',
    {
      cause,
    },
  );

/** Whether a document has everything that what it has builds on. */
export const isWhole = ({ store }: Y.Doc): boolean =>
  store.pendingStructs === null && store.pendingDs === null;

/** Whether two documents hold the same structs and deleted the same of them, which is all that what they show follows from. */
export const equalStates = (one: Y.Doc, other: Y.Doc): boolean =>
  Y.equalSnapshots(Y.snapshot(one), Y.snapshot(other));
