/** One entry for all that an operation removed, beside one for each node, as older versions wrote it. */
import { expect, test } from 'vitest';
import * as Y from 'yjs';
import type { NodeId } from '../../base/index.ts';
import { exchange, TreeDevice } from './testing/tree-device.ts';

/** Ids that have nothing in common, so that a large removal may cut them. */
const spread = (i: number): NodeId =>
  `0${(Math.imul(i + 1, 0x9e3779b1) >>> 0).toString(36).padStart(8, '-')}${String(i).padStart(8, '_')}` as NodeId;

function withFiles(count: number): { a: TreeDevice; b: TreeDevice } {
  const [a, b] = [new TreeDevice(1), new TreeDevice(2)];
  a.mkdir('P');
  a.doc.transact(() => {
    for (let i = 0; i < count; i++) a.make(`P/${i}`, 'file', { id: spread(i) });
  });
  exchange(a, b);
  return { a, b };
}

test('a removal is one entry, however much it removes, and a restore of it one write', () => {
  const { a, b } = withFiles(1500);
  const { id } = a.at('P');
  let bytes = 0;
  a.doc.on('update', (update: Uint8Array) => (bytes = update.byteLength));
  a.rm('P');
  expect([a.doc.getMap('d').size, a.doc.getMap('x').size]).toEqual([1, 0]);
  expect(bytes).toBeLessThan(1501 * 8 + 200);
  exchange(a, b);
  expect(b.paths()).toEqual([]);
  b.tree.restore(id);
  expect(b.paths()).toHaveLength(1501);
  expect(b.doc.getMap('p').size).toBe(1);
  exchange(a, b);
  expect(a.paths()).toEqual(b.paths());
});

test('one file of a large removal comes back by itself', () => {
  const { a, b } = withFiles(1500);
  a.rm('P');
  exchange(a, b);
  b.tree.restore(spread(7));
  exchange(a, b);
  for (const device of [a, b]) expect(device.paths()).toEqual(['P', 'P/7']);
});

test('a large removal that arrives before what it removes holds when that comes, and is known until then', () => {
  const { a } = withFiles(1500);
  a.rm('P');
  const early = new TreeDevice(3);
  for (const [key, value] of a.doc.getMap('d')) early.doc.getMap('d').set(key, value);
  for (const device of [early, new TreeDevice(4, Y.encodeStateAsUpdate(early.doc))]) {
    expect([spread(7), spread(1500)].map((id) => device.tree.knows(id))).toEqual([true, false]);
    device.receive(a);
    expect(device.paths()).toEqual([]);
  }
});

test('an entry that goes, or is replaced, removes nothing any more', () => {
  const { a, b } = withFiles(3);
  a.rm('P/1');
  const [[key, value]] = [...a.doc.getMap('d')] as [[string, Uint8Array]];
  a.doc.getMap('d').set(key, Uint8Array.of(9));
  expect(a.paths()).toHaveLength(4);
  expect(a.tree.problems()).toEqual([{ id: key, reason: 'a removal that says nothing' }]);
  a.doc.getMap('d').set(key, value);
  expect(a.paths()).toHaveLength(3);
  a.doc.getMap('d').delete(key);
  exchange(a, b);
  for (const device of [a, b]) expect(device.paths()).toHaveLength(4);
  expect(a.tree.problems()).toEqual([]);
});

test('removals at the last stamp there is, one after the other, all hold', () => {
  const { a, b } = withFiles(3);
  a.doc.getMap('n').set(spread(0), `${(2 ** 53 - 2 ** 20).toString(36)}.bbbbbbbbbb||,|zero`);
  for (const path of ['P/1', 'P/2', 'P/zero']) a.rm(path);
  exchange(a, b);
  for (const device of [a, b]) expect(device.paths()).toEqual(['P']);
  expect(b.tree.problems()).toEqual([]);
});

test('what older versions removed stays removed, and comes back with its directory', () => {
  const { a, b } = withFiles(2);
  const { id } = a.at('P');
  for (const of of [id, spread(0), spread(1)])
    a.doc.getMap('x').set(`${of}~bbbbbbbbbb`, `||${id}|,|9.bbbbbbbbbb`);
  a.doc.getMap('d').set('9.bbbbbbbbbb', 'AA');
  exchange(a, b);
  for (const device of [a, b]) expect(device.paths()).toEqual([]);
  b.tree.restore(id);
  exchange(a, b);
  for (const device of [a, b]) expect(device.paths()).toEqual(['P', 'P/0', 'P/1']);
  a.rm('P/0');
  exchange(a, b);
  for (const device of [a, b]) expect(device.paths()).toEqual(['P', 'P/1']);
});
