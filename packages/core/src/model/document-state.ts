/**
 * A document's whole state as bytes: one that says how they are encoded, then an update in Yjs' encoding V2, which is less than
 * half of V1. Nobody sends it: a store that has it checks it by its digest, so it is what this program wrote, and V2 is trusted
 * here where `body-codec.ts` refuses it.
 */
import * as Y from 'yjs';
import { concatBytes, deflate, inflate } from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import type { BodyCodec, BodyFold } from '../log/index.ts';
import { Reader, Writer } from '../protocol/index.ts';
import { applyBody, newDocument } from './body-codec.ts';

/** An update in V2. */
const PLAIN = 1;
/** The length of such an update, then the update deflated. */
const DEFLATED = 2;
/** Deflated if that leaves at most this share: what saves less is not worth inflating at each opening. */
const WORTH = 0.9;
/** Of a state that its row may claim. */
const MOST_BYTES = 2 ** 31;

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

function updateOf(state: Uint8Array): Uint8Array {
  try {
    const reader = new Reader(state);
    const encoding = reader.byte();
    if (encoding === PLAIN) return reader.raw(reader.left);
    const length = reader.uint();
    if (encoding === DEFLATED && length <= MOST_BYTES) return inflate(reader.raw(reader.left), length);
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

/** Whether two documents hold the same structs and deleted the same of them, which is all that what they show follows from. */
export const equalStates = (one: Y.Doc, other: Y.Doc): boolean =>
  Y.equalSnapshots(Y.snapshot(one), Y.snapshot(other));

/** Folds bodies through a document that is thrown away: what was deleted, and what is between two edits, is not in a state. */
export const documentCodec: BodyCodec = {
  fold(state) {
    const doc = newDocument('', 0, true);
    if (state !== undefined) applyDocumentState(doc, state, undefined);
    return new DocumentFold(doc);
  },
};

class DocumentFold implements BodyFold {
  readonly #doc: Y.Doc;

  constructor(doc: Y.Doc) {
    this.#doc = doc;
  }

  /** One transaction: ending one for each body would cost more than applying it. */
  add(bodies: readonly Uint8Array[]): void {
    this.#doc.transact(() => {
      for (const body of bodies) applyBody(this.#doc, body, undefined);
    });
  }

  finish(): Uint8Array | undefined {
    const { pendingStructs, pendingDs } = this.#doc.store;
    const isWhole = pendingStructs === null && pendingDs === null;
    const state = isWhole ? encodeDocumentState(this.#doc) : undefined;
    this.#doc.destroy();
    return state;
  }
}
