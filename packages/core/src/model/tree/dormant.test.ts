/** Nodes that nobody asked for show, once somebody does, what they have shown all the time; and cost nothing until then. */
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import * as Y from 'yjs';
import type { NodeId } from '../../base/index.ts';
import { NO_HEADS } from '../../protocol/index.ts';
import { ROOT, type ShownNode } from './index.ts';
import { anyRegister, id as idOf, STAMP } from './testing/any-register.ts';
import { TreeDevice } from './testing/tree-device.ts';
import { TreeMaps } from './tree-maps.ts';
import type { TreeNode } from './tree-node.ts';
import { TreeView } from './tree-view.ts';

const nodesOf = ({ tree }: TreeDevice): Map<NodeId, ShownNode> =>
  new Map([...tree.nodes()].map((node) => [node.id, node]));

const copyOf = (device: TreeDevice, number: number): TreeDevice =>
  new TreeDevice(number, Y.encodeStateAsUpdate(device.doc));

test('whatever arrives at a tree that nobody looked at, the changes are told that somebody would see who had looked', () => {
  let told = 0;
  fc.assert(
    fc.property(
      fc.array(anyRegister, { maxLength: 40, size: 'max' }),
      fc.array(fc.tuple(fc.array(anyRegister, { minLength: 1, maxLength: 4 }), fc.boolean()), {
        maxLength: 8,
      }),
      (first, batches) => {
        const author = new TreeDevice(1);
        const write = (registers: typeof first): void =>
          author.doc.transact(() => {
            for (const [map, key, value] of registers) {
              if (value === undefined) author.doc.getMap(map).delete(key);
              else author.doc.getMap(map).set(key, value);
            }
          });
        write(first);
        const reader = copyOf(author, 2);
        let known = nodesOf(copyOf(author, 3));
        for (const [registers, looks] of batches) {
          write(registers);
          reader.receive(author);
          const now = nodesOf(copyOf(author, 3));
          for (const { id, before, after } of reader.tree.takeChanges()) {
            expect(before).toEqual(known.get(id));
            if (after === undefined) known.delete(id);
            else known.set(id, after);
            told += 1;
          }
          expect(known).toEqual(now);
          if (looks) reader.tree.children(ROOT);
          known = now;
        }
        expect(nodesOf(reader)).toEqual(known);
      },
    ),
    { numRuns: 5 * Number(process.env['PROP_RUNS'] ?? 60) },
  );
  expect(told).toBeGreaterThan(0);
});

/** Ids that have nothing in common at their beginning, so that a large removal may cut them. */
const spread = (i: number): NodeId =>
  `0${(Math.imul(i + 1, 0x9e3779b1) >>> 0).toString(36).padStart(8, '-')}${String(i).padStart(8, '_')}` as NodeId;

/** Two directories at the root, with 500 files in each of ten directories inside. */
function large(): TreeDevice {
  const device = new TreeDevice(1);
  for (const top of ['a', 'b']) {
    device.mkdir(top);
    for (let i = 0; i < 10; i++) {
      device.mkdir(`${top}/${i}`);
      for (let k = 0; k < 500; k++) device.write(`${top}/${i}/${k}.txt`);
    }
  }
  return device;
}

test('who asks for a path wakes the directories on it, and no others', () => {
  const view = new TreeView(new TreeMaps(large().doc), () => NO_HEADS);
  expect(view.reader.nodes.size).toBe(0);
  let at = view.root;
  for (const name of ['a', '3', '7.txt']) at = view.contents(at)?.at(name) as TreeNode;
  expect(at.shown?.name).toBe('7.txt');
  expect(view.reader.nodes.size).toBe(2 + 10 + 500);
});

test('who asks for a node wakes the directories that it is in, and no others', () => {
  const device = large();
  const id = device.at('b/9/499.txt').id;
  const view = new TreeView(new TreeMaps(device.doc), () => NO_HEADS);
  expect(view.shown(id)?.shown?.name).toBe('499.txt');
  expect(view.reader.nodes.size).toBe(2 + 10 + 500);
});

test('a directory is moved and renamed while what it holds sleeps on', () => {
  const device = copyOf(large(), 2);
  const view = new TreeView(new TreeMaps(device.doc), () => NO_HEADS);
  device.mv('a', 'b/c');
  expect(view.takeChanges().map(({ after }) => after?.name)).toEqual(['c']);
  // The root's contents and those of the directory where it went.
  expect(view.reader.nodes.size).toBe(2 + 10);
});

test('a large removal of what sleeps is told of whole, and of nothing else', () => {
  const device = new TreeDevice(1);
  device.mkdir('a');
  device.mkdir('b');
  device.doc.transact(() => {
    for (let i = 0; i < 1500; i++) device.make(`a/${i}`, 'file', { id: spread(i) });
  });
  const reader = copyOf(device, 3);
  const writer = copyOf(device, 4);
  writer.rm('a');
  device.receive(writer);
  reader.receive(device);
  const gone = reader.tree.takeChanges();
  expect(gone.every(({ before, after }) => before !== undefined && after === undefined)).toBe(true);
  expect(gone).toHaveLength(1501);
  const late = copyOf(device, 5);
  expect(late.tree.takeChanges()).toEqual([]);
  for (const each of [device, reader, late]) expect(each.paths()).toEqual(['b']);
});

test('what waits in a link for a directory is new to everybody when a peer makes one of the link', () => {
  const author = new TreeDevice(1);
  const created = author.doc.getMap('c');
  created.set(idOf('d'), `l|root|${STAMP}||link`);
  created.set(idOf('a'), `f|${idOf('d')}|${STAMP}||inside`);
  // A renamed node is awake from the beginning.
  author.doc.getMap('n').set(idOf('d'), `${STAMP}|||link`);
  const reader = copyOf(author, 2);
  created.set(idOf('d'), `d|root|${STAMP}||link`);
  reader.receive(author);
  const told = reader.tree.takeChanges().map(({ id, before }) => [id, before?.kind]);
  expect(told).toEqual([
    [idOf('d'), 'symlink'],
    [idOf('a'), undefined],
  ]);
  expect(reader.paths()).toEqual(['link', 'link/inside']);
});

test('rules of names that come behind the names, at a tree of which a part was looked at, are told as what they change', () => {
  const author = new TreeDevice(1);
  const created = author.doc.getMap('c');
  for (const directory of ['a', 'b']) created.set(idOf(directory), `d|root|${STAMP}||${directory}`);
  for (const [letter, directory, name] of [
    ['c', 'a', 'n'],
    ['d', 'a', 'N'],
    ['e', 'b', 'n'],
    ['f', 'b', 'N'],
  ] as const)
    created.set(idOf(letter), `f|${idOf(directory)}|${STAMP}||${name}`);
  const reader = copyOf(author, 2);
  expect(reader.tree.children(reader.at('a').id)).toHaveLength(2);
  author.doc.getMap('m').set('nameRules', '2');
  reader.receive(author);
  const told = reader.tree.takeChanges().map(({ before, after }) => [before?.name, after?.name]);
  expect(told).toHaveLength(2);
  for (const [before, after] of told) expect(before).toMatch(new RegExp(`^${after} \\(~`));
  expect(reader.paths()).toEqual(['a', 'a/N', 'a/n', 'b', 'b/N', 'b/n']);
});
