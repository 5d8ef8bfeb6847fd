/**
 * What the body of a record is: one byte of encoding, then a Yjs update. Everything that is known of Yjs about bodies
 * is here: checking, summarising, applying and merging them.
 *
 * - 0: update in Yjs' encoding V1, the one written
 * - 1: update in Yjs' encoding V2
 */
import * as Y from 'yjs';
import { concatBytes } from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import type { ClockRange } from '../protocol/index.ts';
import { isSoundUpdate } from './update-frame.ts';

const V1 = 0;
const V2 = 1;

/** Updates that are merged at once: Yjs needs time that is quadratic in their number. */
const MERGE_FAN_IN = 64;

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
  if (body[0] === V2) {
    decodeBody(body);
    Y.applyUpdateV2(doc, update, origin);
    return;
  }
  if (!isSoundUpdate(update)) throw malformed(undefined);
  try {
    Y.applyUpdate(doc, update, origin);
  } catch (error) {
    // Either a content does not decode, and Yjs has changed nothing yet, or an observer threw, which is its own error.
    decodeBody(body);
    throw error;
  }
}

/**
 * One body with what all of them hold. Nothing is garbage-collected: many or large ones go through a document instead.
 * @throws UPDATE_MALFORMED
 */
export function mergeBodies(bodies: readonly Uint8Array[]): Uint8Array {
  try {
    let updates = bodies.map((body) =>
      body[0] === V2 ? Y.convertUpdateFormatV2ToV1(updateOf(body)) : updateOf(body),
    );
    while (updates.length > 1) {
      const merged: Uint8Array[] = [];
      for (let i = 0; i < updates.length; i += MERGE_FAN_IN)
        merged.push(Y.mergeUpdates(updates.slice(i, i + MERGE_FAN_IN)));
      updates = merged;
    }
    return encodeBody(updates[0] ?? EMPTY_UPDATE);
  } catch (error) {
    throw malformed(error);
  }
}

/** No structs, no deletions. */
const EMPTY_UPDATE = Uint8Array.of(0, 0);

type Decoded = ReturnType<typeof Y.decodeUpdate>;

/** @throws UPDATE_MALFORMED */
export function decodeBody(body: Uint8Array): Decoded {
  let decoded: Decoded;
  try {
    decoded = body[0] === V2 ? Y.decodeUpdateV2(updateOf(body)) : Y.decodeUpdate(updateOf(body));
  } catch (error) {
    throw malformed(error);
  }
  const deletions = [...decoded.ds.clients.values()].flat();
  if (!decoded.structs.every(isSound) || !deletions.every(({ len }) => len > 0)) throw malformed(undefined);
  return decoded;
}

function updateOf(body: Uint8Array): Uint8Array {
  if (body[0] !== V1 && body[0] !== V2) throw malformed(undefined);
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
