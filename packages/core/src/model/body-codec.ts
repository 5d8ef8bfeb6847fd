/**
 * What the body of a record is: one byte of encoding, which is 0, then a Yjs update in Yjs' encoding V1. Everything that
 * is known of Yjs about bodies is here: checking, summarising and applying them.
 *
 * Encoding V2 is refused: its counts are run-length coded, so a few bytes can claim more structs than memory holds.
 */
import * as Y from 'yjs';
import { concatBytes } from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import type { ClockRange } from '../protocol/index.ts';
import { isSoundUpdate } from './update-frame.ts';

const V1 = 0;

export function newDocument(guid: string, clientID: number, gc: boolean): Y.Doc {
  const doc = new Y.Doc({ guid, gc });
  doc.clientID = clientID;
  return doc;
}

/** @param update in encoding V1, as `doc.on('update')` and `Y.encodeStateAsUpdate` give it */
export function encodeBody(update: Uint8Array): Uint8Array {
  return concatBytes([Uint8Array.of(V1), update]);
}

/**
 * The structs that a body introduces, ascending per client, ranges that touch as one.
 * @throws UPDATE_MALFORMED
 */
export function clocksOf(body: Uint8Array): ClockRange[] {
  const ranges: ClockRange[] = [];
  for (const struct of decodeBody(body).structs) {
    if (struct instanceof Y.Skip) continue;
    const { client, clock } = struct.id;
    const last = ranges.at(-1);
    if (last !== undefined && last.client === client && last.clock + last.length === clock) {
      ranges[ranges.length - 1] = { ...last, length: last.length + struct.length };
    } else {
      ranges.push({ client, clock, length: struct.length });
    }
  }
  return ranges;
}

/**
 * Applies a body as one transaction. What it builds on may be missing: Yjs then keeps it pending.
 * @throws UPDATE_MALFORMED, and the document is as it was
 */
export function applyBody(doc: Y.Doc, body: Uint8Array, origin: unknown): void {
  const update = updateOf(body);
  if (!isSoundUpdate(update)) throw malformed(undefined);
  try {
    Y.applyUpdate(doc, update, origin);
  } catch (error) {
    // Either a content does not decode, and Yjs has changed nothing yet, or an observer threw, which is its own error.
    decodeBody(body);
    throw error;
  }
}

type Decoded = ReturnType<typeof Y.decodeUpdate>;

/** @throws UPDATE_MALFORMED */
export function decodeBody(body: Uint8Array): Decoded {
  let decoded: Decoded;
  try {
    decoded = Y.decodeUpdate(updateOf(body));
  } catch (error) {
    throw malformed(error);
  }
  const deletions = [...decoded.ds.clients.values()].flat();
  if (!decoded.structs.every(isSound) || !deletions.every(({ len }) => len > 0)) throw malformed(undefined);
  return decoded;
}

function updateOf(body: Uint8Array): Uint8Array {
  if (body[0] !== V1) throw malformed(undefined);
  return body.subarray(1);
}

/**
 * Yjs trusts that a struct has a length and builds on earlier ones of its own client. One that does not makes it fail
 * halfway, with the document damaged.
 */
function isSound(struct: Decoded['structs'][number]): boolean {
  const { id, length } = struct;
  if (length < 1 || !Number.isSafeInteger(id.client) || !Number.isSafeInteger(id.clock + length))
    return false;
  if (!(struct instanceof Y.Item)) return true;
  const parent = struct.parent as unknown;
  return [struct.origin, struct.rightOrigin, parent].every(
    (other) => !(other instanceof Y.ID) || other.client !== id.client || other.clock < id.clock,
  );
}

function malformed(cause: unknown): EvermeshError {
  return new EvermeshError(
    'UPDATE_MALFORMED',
    'The body of a record is no Yjs update that this version can read.',
    { cause },
  );
}
