import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import { concatBytes } from '../base/index.ts';
import { applyBody, clocksOf, encodeBody, mergeBodies, newDocument } from './body-codec.ts';

/** A document and the bodies of its transactions. */
function written(clientID: number, gc = true): { doc: Y.Doc; bodies: Uint8Array[] } {
  const doc = newDocument('d', clientID, gc);
  const bodies: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => bodies.push(encodeBody(update)));
  return { doc, bodies };
}

/** One client (5) with one struct from clock 0 on, then no deletions. */
const struct = (...bytes: number[]): Uint8Array => Uint8Array.of(0, 1, 1, 5, 0, ...bytes, 0);

const inV2 = (body: Uint8Array): Uint8Array =>
  concatBytes([Uint8Array.of(1), Y.convertUpdateFormatV1ToV2(body.subarray(1))]);
const malformed = expect.objectContaining({ code: 'UPDATE_MALFORMED' });

test('a body of either encoding is applied', () => {
  const { doc, bodies } = written(5);
  doc.getText('t').insert(0, 'hello');
  for (const body of [bodies[0] as Uint8Array, inV2(bodies[0] as Uint8Array)]) {
    const copy = newDocument('d', 6, true);
    const origins: unknown[] = [];
    copy.on('update', (_: Uint8Array, origin: unknown) => origins.push(origin));
    applyBody(copy, body, 'peer');
    expect(copy.getText('t').toString()).toBe('hello');
    expect(origins).toEqual(['peer']);
  }
});

describe('clocks', () => {
  test('are those of the structs, per client, deletions aside', () => {
    const { doc, bodies } = written(5);
    doc.getText('t').insert(0, 'hello');
    doc.getText('t').insert(2, 'XY');
    doc.getText('t').delete(0, 4);
    const clocks = bodies.map((body) => clocksOf(body));
    expect(clocks).toEqual([[{ client: 5, clock: 0, length: 5 }], [{ client: 5, clock: 5, length: 2 }], []]);
    expect(clocksOf(encodeBody(Y.encodeStateAsUpdate(doc)))).toEqual([{ client: 5, clock: 0, length: 7 }]);
  });

  test('include what was garbage-collected and leave out what is skipped', () => {
    const { doc, bodies } = written(5);
    const map = doc.getMap<unknown>('v');
    map.set('a', new Y.Array());
    (map.get('a') as Y.Array<number>).push([1, 2, 3]);
    map.delete('a');
    map.set('b', 1);
    expect(clocksOf(encodeBody(Y.encodeStateAsUpdate(doc)))).toEqual([{ client: 5, clock: 0, length: 5 }]);
    const gap = mergeBodies([bodies[0] as Uint8Array, bodies[3] as Uint8Array]);
    for (const body of [gap, inV2(gap)]) {
      expect(clocksOf(body)).toEqual([
        { client: 5, clock: 0, length: 1 },
        { client: 5, clock: 4, length: 1 },
      ]);
    }
  });
});

test('merged bodies are worth what each of them is, in any encoding', () => {
  const { doc, bodies } = written(5);
  for (let i = 0; i < 200; i++) doc.getText('t').insert(i % 7, `${i} `);
  const copy = newDocument('d', 6, true);
  applyBody(copy, mergeBodies(bodies.map((body, i) => (i % 2 ? body : inV2(body)))), null);
  expect(copy.getText('t').toString()).toBe(doc.getText('t').toString());
  expect(mergeBodies([])).toEqual(encodeBody(Y.encodeStateAsUpdate(new Y.Doc())));
});

describe('malformed input', () => {
  const { doc, bodies } = written(5);
  doc.getText('t').insert(0, 'hello');
  doc.getMap('v').set('k', 'value');
  doc.getText('t').delete(1, 2);
  const whole = encodeBody(Y.encodeStateAsUpdate(doc));

  test('is refused by its code, and the document stays as it was', () => {
    const copy = newDocument('d', 6, true);
    applyBody(copy, bodies[0] as Uint8Array, null);
    const before = Y.encodeStateAsUpdate(copy);
    const inputs = [
      new Uint8Array(0),
      Uint8Array.of(0),
      Uint8Array.of(7, 0, 0),
      Uint8Array.of(0, 255, 255, 255, 255, 15),
    ];
    for (let length = 1; length < whole.byteLength; length++) inputs.push(whole.slice(0, length));
    for (const input of inputs) {
      expect(() => applyBody(copy, input, null)).toThrow(malformed);
      expect(() => clocksOf(input)).toThrow(malformed);
      expect(Y.encodeStateAsUpdate(copy)).toEqual(before);
    }
    expect(() => mergeBodies([whole, Uint8Array.of(0, 9)])).toThrow(malformed);
  });

  test('structs without length, and structs that build on themselves, are refused', () => {
    const empty = struct(4, 1, 1, 116, 0);
    const ownOrigin = struct(4 | 128, 5, 3, 1, 97);
    const collected = struct(0, 0);
    for (const input of [empty, ownOrigin, collected])
      expect(() => applyBody(newDocument('d', 6, true), input, null)).toThrow(malformed);
    expect(clocksOf(struct(4, 1, 1, 116, 1, 97))).toEqual([{ client: 5, clock: 0, length: 1 }]);
  });
});
