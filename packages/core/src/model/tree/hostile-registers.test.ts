/** Registers of absurd size or number, and registers that compete: what they do is bounded, and every replica shows the same. */
import { beforeEach, describe, expect, test } from 'vitest';
import * as Y from 'yjs';
import type { NodeId } from '../../base/index.ts';
import { ROOT } from './index.ts';
import { encodeRemoval, type RemovedNode } from './removal.ts';
import { LAMPORT_LIMIT } from './stamp.ts';
import { exchange, TreeDevice } from './testing/tree-device.ts';

const id = (letter: string): NodeId => `0${letter.repeat(16)}` as NodeId;
const ABSURD = `${(2 ** 53).toString(36)}.aaaaaaaaaa`;

/** Two devices that have a directory with a file, and a file beside it. */
function two(): [TreeDevice, TreeDevice] {
  const [a, b] = [new TreeDevice(1), new TreeDevice(2)];
  a.mkdir('P');
  a.write('P/f');
  a.write('neighbour');
  exchange(a, b);
  return [a, b];
}

function expectAlike(paths: string[], ...devices: TreeDevice[]): void {
  exchange(...devices);
  const fresh = new TreeDevice(9, Y.encodeStateAsUpdate((devices[0] as TreeDevice).doc));
  for (const device of devices) fresh.hear(device);
  for (const device of [...devices, fresh]) expect(device.paths()).toEqual(paths.toSorted());
}

describe('a stamp of 2^53', () => {
  test.each<[string, string, (node: NodeId) => [string, unknown]]>([
    ['a move', 'p', (node) => [node, `root|${ABSURD}|||`]],
    ['a renaming', 'n', (node) => [node, `${ABSURD}|||renamed`]],
    ['a deletion of the older form', 'x', (node) => [`${node}~aaaaaaaaaa`, `||${node}|,|${ABSURD}`]],
    ['a removal', 'd', (node) => [ABSURD, encodeRemoval([plain(node)], [])]],
  ])('in %s counts for nothing, is listed, and leaves stamps what they were', (_what, map, entry) => {
    const [a, b] = two();
    a.doc.getMap(map).set(...entry(a.at('P/f').id));
    expect(a.tree.problems()).toHaveLength(1);
    a.write('later');
    const stamp = String(a.doc.getMap('c').get(a.at('later').id)).split('|')[2] as string;
    expect(Number.parseInt(stamp, 36)).toBeLessThan(10);
    expectAlike(['P', 'P/f', 'later', 'neighbour'], a, b);
    expect(b.tree.problems()).toHaveLength(1);
  });
});

const plain = (node: NodeId): RemovedNode => ({
  id: node,
  placedToken: '',
  namedToken: '',
  via: undefined,
  viaGroup: '',
  seen: new Map(),
});

describe('placements', () => {
  test('in a circle, with fallbacks in a circle, at the last stamp there is, hang on the root, and can be moved on', () => {
    const [a, b] = two();
    for (const name of ['x', 'y', 'z']) a.mkdir(name);
    const [x, y, z] = ['x', 'y', 'z'].map((name) => a.at(name).id) as [NodeId, NodeId, NodeId];
    const last = `${LAMPORT_LIMIT.toString(36)}.aaaaaaaaaa`;
    for (const [node, parent, fallback] of [
      [x, y, z],
      [y, z, x],
      [z, x, y],
    ] as const)
      a.doc.getMap('p').set(node, `${parent}|${last}|t|t|${fallback}`);
    exchange(a, b);
    expect(b.paths()).toEqual(a.paths());
    for (const node of [x, y, z]) expect(a.tree.node(node)?.id).toBe(node);
    expect(a.paths()).toHaveLength(6);
    const inner = a.paths().find((path) => path.includes('/') && path !== 'P/f') as string;
    b.mv(inner, 'moved');
    expect(b.paths()).toContain('moved');
    exchange(a, b);
    expect(a.paths()).toEqual(b.paths());
  });

  test('into a file, or into what there never was, leave a node where it was made', () => {
    const [a, b] = two();
    const [f, neighbour] = [a.at('P/f').id, a.at('neighbour').id];
    a.doc.getMap('p').set(f, `${neighbour}|9.aaaaaaaaaa|||${id('n')}`);
    expectAlike(['P', 'P/f', 'neighbour'], a, b);
  });
});

describe('removals', () => {
  test('that name one node twenty thousand times, or nodes that are none, do what one does, and go as one', () => {
    const [a, b] = two();
    const f = a.at('P/f').id;
    const many = Array.from({ length: 20_000 }, () => plain(f));
    const nobody = [plain(id('n')), plain(id('m'))];
    a.doc.getMap('d').set('7.aaaaaaaaaa', encodeRemoval([...many, ...nobody], []));
    expectAlike(['P', 'neighbour'], a, b);
    a.doc.getMap('d').delete('7.aaaaaaaaaa');
    expectAlike(['P', 'P/f', 'neighbour'], a, b);
  });

  test('of a directory that holds itself say what they say of its nodes, and of nobody else', () => {
    const [a, b] = two();
    const [p, f] = [a.at('P').id, a.at('P/f').id];
    const via = (node: NodeId, top: NodeId): RemovedNode => ({ ...plain(node), via: top, viaGroup: ',' });
    a.doc.getMap('d').set('7.aaaaaaaaaa', encodeRemoval([via(p, f), via(f, p)], []));
    expectAlike(['neighbour'], a, b);
    b.tree.restore(p);
    expectAlike(['P', 'P/f', 'neighbour'], a, b);
  });
});

test('ten thousand names in one update are shown, and one of them is found at once', () => {
  const [a, b] = two();
  const count = 10_000;
  a.doc.transact(() => {
    for (let i = 0; i < count; i++) {
      const node = `0${i.toString(36).padStart(16, '-')}`;
      a.doc.getMap('c').set(node, `f|root|5.aaaaaaaaaa||n${i}`);
    }
  });
  exchange(a, b);
  expect(b.tree.children(ROOT)).toHaveLength(count + 2);
  expect(b.at('n9999').kind).toBe('file');
  expect(b.tree.takeChanges()).toHaveLength(count + 3);
});

describe('a directory that somebody works in after its removal, while somebody else moves it', () => {
  let one: TreeDevice;
  let other: TreeDevice;
  let third: TreeDevice;

  beforeEach(() => {
    [one, other, third] = [new TreeDevice(1), new TreeDevice(2), new TreeDevice(3)];
  });

  // Which of two registers that were written at one time counts, Yjs decides by the number of its client.
  test.each([
    ['the move', 1, 3],
    ['the place where it was', 3, 1],
  ])(
    'is in one of both places for all, %s winning, with what lives in it; and nothing else is moved',
    (_what, worker, mover) => {
      third.mkdir('D');
      third.mkdir('P');
      third.write('P/f');
      third.write('P/g');
      third.write('neighbour');
      exchange(one, other, third);
      other.rm('P');
      one.edit('P/f');
      exchange(one, other, third);
      const devices = [one, other, third];
      const byNumber = (number: number): TreeDevice => devices[number - 1] as TreeDevice;
      byNumber(worker).write('P/new');
      byNumber(mover).mv('P', 'D/P');
      exchange(...devices);
      const place = byNumber(mover).paths().includes('D/P') ? 'D/P' : 'P';
      expect(place).toBe(mover > worker ? 'D/P' : 'P');
      const shown = ['D', place, `${place}/f`, `${place}/new`, 'neighbour'];
      const withTheRest = [...shown, `${place}/g`].sort();
      // What was removed with it may come back with it: its removal speaks of where it was.
      expect([shown.sort(), withTheRest]).toContainEqual(one.paths());
      expectAlike(one.paths(), ...devices);
    },
  );
});
