/**
 * Laws of the bodies of snapshots that a peer damaged.
 *
 * - A body is applied, or refused as UPDATE_MALFORMED with the document as it was. There is no third way.
 * - What Yjs made is not refused.
 * - What claims to hold more than it has bytes for is refused before anything is made of it.
 *
 * PROP_RUNS sets the number of runs, PROP_SEED replays one.
 */
import * as fc from 'fast-check';
import { writeVarUint } from 'lib0/encoding';
import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import { concatBytes, deflate, equalBytes } from '../base/index.ts';
import { isEvermeshError } from '../errors/index.ts';
import { Writer } from '../protocol/index.ts';
import { newDocument } from './body-codec.ts';
import { applySnapshotBody, encodeDocumentState, equalStates, wholeDocument } from './document-state.ts';
import { isSoundState } from './state-frame.ts';
import { variedDocument } from './testing/varied-document.ts';

const RUNS = Number(process.env['PROP_RUNS'] ?? 200);
const SEED = process.env['PROP_SEED'];
const PARAMETERS = { numRuns: 20 * RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };
const MANY = 1_000_000;
const refused = expect.objectContaining({ code: 'UPDATE_MALFORMED' }) as unknown as Error;

const plain = (update: Uint8Array): Uint8Array => concatBytes([Uint8Array.of(1), update]);
const state = Y.encodeStateAsUpdateV2(variedDocument().doc);

const damage = fc.oneof(
  fc.record({ at: fc.nat(state.byteLength - 1), value: fc.nat(255), remove: fc.nat(1) }),
  fc.record({
    at: fc.nat(state.byteLength - 1),
    value: fc.constantFrom(0, 1, 4, 5, 9, 63, 64, 127, 128, 255),
    remove: fc.nat(4),
  }),
);

function damaged(list: readonly { at: number; value: number; remove: number }[]): Uint8Array {
  const bytes = [...state];
  for (const { at, value, remove } of list) bytes.splice(at % (bytes.length + 1), remove, value);
  return Uint8Array.from(bytes);
}

test('a damaged state is applied or refused by its code, with the document as it was', () => {
  let [applied, kept] = [0, 0];
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (list) => {
      const doc = newDocument('d', 6, true);
      doc.getText('t').insert(0, 'before');
      const before = Y.encodeStateAsUpdate(doc);
      try {
        applySnapshotBody(doc, plain(damaged(list)), null);
        applied++;
      } catch (error) {
        if (!isEvermeshError(error, 'UPDATE_MALFORMED')) throw error;
        kept++;
        expect(equalBytes(Y.encodeStateAsUpdate(doc), before)).toBe(true);
      }
    }),
    PARAMETERS,
  );
  expect(applied).toBeGreaterThan(0);
  expect(kept).toBeGreaterThan(0);
});

/** So many structs of which nothing is left, each one long: in this encoding they are a count. */
function collected(structs: number): Uint8Array {
  const encoder = new Y.UpdateEncoderV2();
  const { restEncoder: rest, lenEncoder } = encoder;
  writeVarUint(rest, 1);
  writeVarUint(rest, structs);
  encoder.writeClient(1);
  writeVarUint(rest, 0);
  encoder.writeInfo(0);
  encoder.writeLen(1);
  lenEncoder.count = structs;
  writeVarUint(rest, 0);
  return encoder.toUint8Array();
}

describe('the body of a snapshot', () => {
  test('is what the document was, to the last struct, deflated or not', () => {
    for (const made of [encodeDocumentState(variedDocument().doc), plain(state)]) {
      const doc = newDocument('d', 6, true);
      applySnapshotBody(doc, made, null);
      expect(equalStates(doc, variedDocument().doc)).toBe(true);
      expect(() => wholeDocument(made)).not.toThrow();
    }
    expect(isSoundState(state, MANY)).toBe(true);
  });

  test('with more structs than a document may have is refused, however few bytes say so', () => {
    expect(isSoundState(collected(1000), 1000)).toBe(true);
    expect(isSoundState(collected(1000), 999)).toBe(false);
    const claim = collected(2 ** 40);
    expect(claim.byteLength).toBeLessThan(50);
    expect(() => wholeDocument(plain(claim))).toThrow(refused);
  });

  test('that is inflated to more than it may be is refused', () => {
    const bomb = new Writer()
      .byte(2)
      .uint(2 ** 30)
      .raw(deflate(new Uint8Array(1000)))
      .finish();
    expect(() => wholeDocument(bomb)).toThrow(refused);
  });

  test('that builds on what is not in it is none', () => {
    const doc = variedDocument().doc;
    const vector = Y.encodeStateVector(doc);
    doc.getText('t').insert(3, 'late');
    expect(() => wholeDocument(plain(Y.encodeStateAsUpdateV2(doc, vector)))).toThrow(refused);
    expect(() => wholeDocument(encodeDocumentState(doc))).not.toThrow();
  });

  test.each([
    [
      'an update in encoding V1',
      concatBytes([Uint8Array.of(0), Y.encodeStateAsUpdate(variedDocument().doc)]),
    ],
    ['nothing', new Uint8Array(0)],
    ['of a later version', Uint8Array.of(3, 1)],
  ])('is never %s', (_what, body) => {
    expect(() => wholeDocument(body)).toThrow(refused);
  });
});
