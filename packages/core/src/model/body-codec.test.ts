import { describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import { concatBytes } from '../base/index.ts';
import { applyBody, clocksOf, encodeBody, newDocument } from './body-codec.ts';

/** A document and the bodies of its transactions. */
function written(clientID: number, gc = true): { doc: Y.Doc; bodies: Uint8Array[] } {
  const doc = newDocument('d', clientID, gc);
  const bodies: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => bodies.push(encodeBody(update)));
  return { doc, bodies };
}

/** One client (5) with one struct from clock 0 on, then no deletions. */
const struct = (...bytes: number[]): Uint8Array => Uint8Array.of(0, 1, 1, 5, 0, ...bytes, 0);

const malformed = expect.objectContaining({ code: 'UPDATE_MALFORMED' });

test('a body is applied as one transaction of the origin given', () => {
  const { doc, bodies } = written(5);
  doc.getText('t').insert(0, 'hello');
  const copy = newDocument('d', 6, true);
  const origins: unknown[] = [];
  copy.on('update', (_: Uint8Array, origin: unknown) => origins.push(origin));
  applyBody(copy, bodies[0] as Uint8Array, 'peer');
  expect(copy.getText('t').toString()).toBe('hello');
  expect(origins).toEqual(['peer']);
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
    const ends = [bodies[0], bodies[3]].map((body) => (body as Uint8Array).subarray(1));
    expect(clocksOf(encodeBody(Y.mergeUpdates(ends)))).toEqual([
      { client: 5, clock: 0, length: 1 },
      { client: 5, clock: 4, length: 1 },
    ]);
  });
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
  });

  test('structs without length, and structs that build on themselves, are refused', () => {
    const empty = struct(4, 1, 1, 116, 0);
    const ownOrigin = struct(4 | 128, 5, 3, 1, 97);
    const collected = struct(0, 0);
    for (const input of [empty, ownOrigin, collected])
      expect(() => applyBody(newDocument('d', 6, true), input, null)).toThrow(malformed);
    expect(clocksOf(struct(4, 1, 1, 116, 1, 97))).toEqual([{ client: 5, clock: 0, length: 1 }]);
  });

  test('the other encoding of Yjs is refused: its counts need no bytes', () => {
    const body = concatBytes([Uint8Array.of(1), Y.convertUpdateFormatV1ToV2(whole.subarray(1))]);
    expect(() => applyBody(newDocument('d', 6, true), body, null)).toThrow(malformed);
    expect(() => clocksOf(body)).toThrow(malformed);
  });

  test('counts of what is not there are refused without room being made for it', () => {
    /** 2^52 */
    const many = [128, 128, 128, 128, 128, 128, 128, 8];
    const inputs = [
      Uint8Array.of(0, ...many),
      Uint8Array.of(0, 1, ...many, 5, 0, 0, 1),
      // Values: JSON texts, values of any kind, a list in a value, an object in a value.
      struct(2, 1, 1, 116, ...many),
      struct(8, 1, 1, 116, ...many),
      struct(8, 1, 1, 116, 1, 117, ...many),
      struct(8, 1, 1, 116, 1, 118, ...many),
      // Bytes: a text, a binary.
      struct(4, 1, 1, 116, ...many),
      struct(3, 1, 1, 116, ...many),
      // Deletions: clients, ranges.
      Uint8Array.of(0, 0, ...many),
      Uint8Array.of(0, 0, 1, 5, ...many),
    ];
    const [time, { heapUsed, arrayBuffers }] = [performance.now(), process.memoryUsage()];
    for (const input of inputs) {
      expect(() => applyBody(newDocument('d', 6, true), input, null)).toThrow(malformed);
      expect(() => clocksOf(input)).toThrow(malformed);
    }
    const after = process.memoryUsage();
    expect(after.heapUsed + after.arrayBuffers - heapUsed - arrayBuffers).toBeLessThan(32 * 1024 * 1024);
    expect(performance.now() - time).toBeLessThan(2000);
  });
});
