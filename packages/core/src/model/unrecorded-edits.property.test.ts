/**
 * Law: what is taken of a document's edits, applied in that order to a document that had what it began with and what came from
 * others meanwhile, makes the same document of it; and what came from others is not in it.
 *
 * PROP_RUNS sets the number of runs, PROP_SEED replays one.
 */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import * as Y from 'yjs';
import { newDocument } from './body-codec.ts';
import { UnrecordedEdits } from './unrecorded-edits.ts';

const RUNS = Number(process.env['PROP_RUNS'] ?? 100);
const SEED = process.env['PROP_SEED'];
const PARAMETERS = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };

const ELSEWHERE = Symbol('elsewhere');

const place = fc.nat(1000);
const step = fc.oneof(
  { weight: 5, arbitrary: fc.record({ type: fc.constant('type' as const), at: place, times: fc.nat(60) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('erase' as const), at: place, times: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('nothing' as const), at: place, times: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('set' as const), at: place, times: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('import' as const), at: place, times: fc.nat(3) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('arrive' as const), at: place, times: fc.nat(5) }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('take' as const), at: place, times: fc.nat(1) }) },
);

/** One change to a document, as somebody makes it. */
function change(doc: Y.Doc, type: 'type' | 'erase' | 'nothing' | 'set', at: number): void {
  const text = doc.getText('t');
  if (type === 'type') text.insert(at % (text.length + 1), String.fromCodePoint(97 + (at % 26)));
  else if (type === 'erase' && text.length > 0) text.delete(at % text.length, 1);
  else if (type === 'set') doc.getMap('m').set(`k${at % 3}`, at);
  else doc.transact(() => undefined);
}

test('what is taken of the edits of a document is all of them, and nothing else', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const doc = newDocument('d', 1, true);
      const other = newDocument('d', 2, true);
      const stranger = newDocument('d', 3, true);
      const reader = newDocument('d', 9, true);
      change(doc, 'type', 3);
      for (const one of [other, stranger, reader]) Y.applyUpdate(one, Y.encodeStateAsUpdate(doc));
      const edits = new UnrecordedEdits(doc, ({ origin }) => origin !== ELSEWHERE);
      const take = (): void => {
        if (edits.isEmpty) return;
        const update = edits.take();
        const { structs } = Y.decodeUpdate(update);
        expect(structs.every(({ id }) => id.client !== 2)).toBe(true);
        for (const one of [reader, other]) Y.applyUpdate(one, update);
      };
      for (const { type, at, times } of steps) {
        if (type === 'take') take();
        else if (type === 'arrive') {
          // The other one has what was taken, and may build on it.
          const before = Y.encodeStateVector(other);
          const heard: Uint8Array[] = [];
          other.on('update', (update: Uint8Array) => heard.push(update));
          for (let i = 0; i <= times; i++) change(other, i % 2 === 0 ? 'type' : 'erase', at + 7 * i);
          for (const update of heard) {
            Y.applyUpdate(doc, update, ELSEWHERE);
            Y.applyUpdate(reader, update);
          }
          expect(Y.encodeStateVector(other)).not.toEqual(before);
        } else if (type === 'import') {
          // Another provider puts in what neither the log nor the other one knows.
          for (let i = 0; i <= times; i++) change(stranger, 'type', at + i);
          Y.applyUpdate(doc, Y.encodeStateAsUpdate(stranger));
        } else for (let i = 0; i <= times; i++) change(doc, type, at + 5 * i);
      }
      take();
      expect(edits.isEmpty).toBe(true);
      expect(edits.length).toBe(0);
      expect(reader.store.pendingStructs).toBeNull();
      expect(reader.getText('t').toString()).toBe(doc.getText('t').toString());
      expect(reader.getMap('m').toJSON()).toEqual(doc.getMap('m').toJSON());
      expect(Y.equalSnapshots(Y.snapshot(reader), Y.snapshot(doc))).toBe(true);
    }),
    PARAMETERS,
  );
});

test('of very many edits a single small update is made', () => {
  const doc = newDocument('d', 1, true);
  const edits = new UnrecordedEdits(doc, () => true);
  const text = doc.getText('t');
  for (let i = 0; i < 10_000; i++) text.insert(i, 'x');
  expect(edits.length).toBe(10_000);
  const update = edits.take();
  expect(Y.decodeUpdate(update).structs).toHaveLength(1);
  expect(update.byteLength).toBeLessThan(10_050);
});
