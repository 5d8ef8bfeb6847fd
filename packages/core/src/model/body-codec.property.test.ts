/**
 * Laws of bodies that a peer damaged.
 *
 * - A body is applied, or refused as UPDATE_MALFORMED with the document as it was. There is no third way.
 * - Whatever Yjs decodes whole, and builds only on what came before it, is not refused.
 *
 * PROP_RUNS sets the number of runs, PROP_SEED replays one.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import * as Y from 'yjs';
import { equalBytes } from '../base/index.ts';
import { isEvermeshError } from '../errors/index.ts';
import { applyBody, clocksOf, encodeBody, newDocument } from './body-codec.ts';
import { variedDocument } from './testing/varied-document.ts';
import { isSoundUpdate } from './update-frame.ts';

const RUNS = Number(process.env['PROP_RUNS'] ?? 200);
const SEED = process.env['PROP_SEED'];
const PARAMETERS = { numRuns: 20 * RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };

const { doc: all, first, between } = variedDocument();
const second = Y.encodeStateAsUpdate(all, between);
const damage = fc.oneof(
  fc.record({ at: fc.nat(second.byteLength - 1), value: fc.nat(255), remove: fc.nat(1) }),
  fc.record({
    at: fc.nat(second.byteLength - 1),
    value: fc.constantFrom(0, 1, 4, 5, 9, 127, 128, 255),
    remove: fc.nat(4),
  }),
);

function damaged(list: readonly { at: number; value: number; remove: number }[]): Uint8Array {
  const bytes = [...second];
  for (const { at, value, remove } of list) bytes.splice(at % (bytes.length + 1), remove, value);
  return Uint8Array.from(bytes);
}

function decodes(update: Uint8Array): boolean {
  try {
    return clocksOf(encodeBody(update)).length >= 0;
  } catch {
    return false;
  }
}

test('a damaged body is applied or refused by its code, with the document as it was', () => {
  let [applied, refused] = [0, 0];
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 3 }), (list) => {
      const update = damaged(list);
      const doc = newDocument('d', 6, true);
      Y.applyUpdate(doc, first);
      const before = Y.encodeStateAsUpdate(doc);
      try {
        applyBody(doc, encodeBody(update), null);
        applied++;
      } catch (error) {
        if (!isEvermeshError(error, 'UPDATE_MALFORMED')) throw error;
        refused++;
        expect(equalBytes(Y.encodeStateAsUpdate(doc), before)).toBe(true);
      }
      if (decodes(update)) expect(isSoundUpdate(update)).toBe(true);
    }),
    PARAMETERS,
  );
  expect(applied).toBeGreaterThan(0);
  expect(refused).toBeGreaterThan(0);
});

test('what is not damaged is sound', () => {
  for (const update of [first, second]) expect(isSoundUpdate(update)).toBe(true);
});
