/**
 * Law: whatever a peer sent as a file's document, it can be read, shown and saved to, and what is saved is shown.
 *
 * PROP_RUNS sets the number of runs, PROP_SEED replays one.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import * as Y from 'yjs';
import { type BlobName, sha256, toHex } from '../../base/index.ts';
import { isEvermeshError } from '../../errors/index.ts';
import { applyBody, encodeBody, newDocument } from '../body-codec.ts';
import {
  decodeShownFile,
  encodeShownFile,
  type FileContent,
  firstUpdate,
  readFile,
  resolveConflict,
  saveContent,
  shownFile,
} from './index.ts';

const RUNS = Number(process.env['PROP_RUNS'] ?? 200);
const SEED = process.env['PROP_SEED'];
const PARAMETERS = { numRuns: 10 * RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };

const text = (value: string): FileContent => ({ kind: 'text', text: value });
const blob = (n: number): FileContent => ({
  kind: 'blob',
  name: toHex(sha256(Uint8Array.of(n))) as BlobName,
  size: n,
});

/** A file of many saves by two devices, with conflicts. */
function written(): Uint8Array {
  const doc = newDocument('d', 5, true);
  Y.applyUpdate(doc, firstUpdate(4, text('one\ntwo\nthree\n'), 'digest', '0000000000'));
  const other = newDocument('d', 9, true);
  Y.applyUpdate(other, Y.encodeStateAsUpdate(doc));
  const save = (on: Y.Doc, content: FileContent, tag: string): unknown =>
    saveContent(on, shownFile(on), content, { tag, unit: 'lines' });
  save(other, text('one\n2\nthree 😀\n'), '1111111111');
  save(doc, blob(1), '0000000000');
  save(doc, blob(2), '0000000000');
  save(other, blob(3), '1111111111');
  Y.applyUpdate(doc, Y.encodeStateAsUpdate(other));
  save(doc, text('zero\none\n'), '0000000000');
  return Y.encodeStateAsUpdate(doc);
}

const update = written();
const damage = fc.record({
  at: fc.nat(update.byteLength),
  value: fc.oneof(fc.nat(255), fc.constantFrom(0, 1, 5, 9, 98, 107, 116)),
  remove: fc.nat(2),
});

test('a damaged document is read, saved to and settled like any other', () => {
  let applied = 0;
  fc.assert(
    fc.property(fc.array(damage, { minLength: 1, maxLength: 4 }), fc.boolean(), (list, isText) => {
      const bytes = [...update];
      for (const { at, value, remove } of list) bytes.splice(at, remove, value);
      const doc = newDocument('d', 6, true);
      try {
        applyBody(doc, encodeBody(Uint8Array.from(bytes)), null);
      } catch (error) {
        expect(isEvermeshError(error, 'UPDATE_MALFORMED')).toBe(true);
        return;
      }
      applied++;
      const shown = shownFile(doc);
      expect(decodeShownFile(encodeShownFile(shown))).toEqual(shown);
      expect(shown.content).toEqual(readFile(doc).shown);
      const content = isText ? text('one\nsaved\nthree\n') : blob(7);
      saveContent(doc, shown, content, { tag: '6666666666', unit: 'words' });
      expect(readFile(doc).shown).toEqual(content);
      resolveConflict(doc, 'shown', '6666666666');
      expect(readFile(doc)).toMatchObject({ shown: content, others: [] });
    }),
    PARAMETERS,
  );
  expect(applied).toBeGreaterThan(0);
});
