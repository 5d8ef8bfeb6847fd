/** Files that somebody removed on another device, and that this disk still has for a while. */
import * as fs from 'node:fs/promises';
import type { NodeId } from '@evermesh/core';
import { expect, test } from 'vitest';
import { Ancestor } from './ancestor.ts';
import { reconcileModel } from './reconcile-model.ts';
import { testDevices } from './testing/devices.ts';
import { deliver, exchange, inFolder, onDisk, settleAll } from './testing/test-device.ts';

const devices = testDevices();

test('a file that is saved on two devices before they could remove it comes back once, with both saves', async () => {
  const [a, b] = await devices.pair();
  const c = await devices.make(a.folder.id);
  await exchange(a, c);
  await a.write('d/f', 'first\nmiddle\nlast\n');
  await settleAll(a, b, c);
  const id = b.idOf('d/f');
  await a.folder.rm('d', { recursive: true });
  await deliver(a, b);
  await deliver(a, c);
  await b.write('d/f', 'of b\nfirst\nmiddle\nlast\n');
  await c.write('d/f', 'first\nmiddle\nlast\nof c\n');
  await settleAll(a, b, c);
  for (const device of [a, b, c])
    expect(await onDisk(device)).toEqual({ d: '/', 'd/f': 'of b\nfirst\nmiddle\nlast\nof c\n' });
  expect(await inFolder(a)).toEqual(await onDisk(a));
  expect(b.idOf('d/f')).toBe(id);
});

test('what is moved on two devices before they could remove it comes back once, in each place that it was given', async () => {
  const [a, b] = await devices.pair();
  const c = await devices.make(a.folder.id);
  await exchange(a, c);
  await a.write('d/p/f', 'text\n');
  await a.write('d/g', 'text of g\n');
  await a.write('e/x', 'x\n');
  await settleAll(a, b, c);
  const ids = ['d/p', 'd/p/f', 'd/g'].map((path) => a.idOf(path));
  await a.folder.rm('d', { recursive: true });
  await deliver(a, b);
  await deliver(a, c);
  for (const device of [b, c]) {
    await fs.rename(device.at('d/p'), device.at('e/p'));
    await fs.rename(device.at('d/g'), device.at('e/h'));
  }
  await settleAll(a, b, c);
  for (const device of [a, b, c]) {
    const expected = { e: '/', 'e/h': 'text of g\n', 'e/p': '/', 'e/p/f': 'text\n', 'e/x': 'x\n' };
    expect(await onDisk(device)).toEqual(expected);
    expect(['e/p', 'e/p/f', 'e/h'].map((path) => device.idOf(path))).toEqual(ids);
  }
});

test.each([
  ['an earlier content', 'one\n'],
  ['the content that it has', 'one\ntwo\n'],
])(
  '%s that a person put where the folder shows the file stays, if who removes that had not seen it',
  async (_what, put) => {
    const [a, b] = await devices.pair();
    const c = await devices.make(a.folder.id);
    await exchange(a, c);
    await a.write('d/file', 'one\n');
    await settleAll(a, b, c);
    await c.write('d/file', 'one\ntwo\n');
    await settleAll(a, b, c);
    const [d, id] = [a.idOf('d') as NodeId, a.idOf('d/file')];
    await a.folder.rm('d', { recursive: true });
    await settleAll(a, b, c);
    await b.closeMirror();
    await a.folder.nodes.apply([{ type: 'restore', id: d }]);
    await exchange(a, b);
    expect(b.idOf('d/file')).toBe(id);
    await a.folder.rm('d', { recursive: true });
    await b.write('d/file', put);
    await b.settle();
    await settleAll(a, b, c);
    for (const device of [a, b, c]) expect(await onDisk(device)).toEqual({ d: '/', 'd/file': 'one\ntwo\n' });
    expect(b.idOf('d/file')).toBe(id);
  },
);

test('what a person removed from a directory that went elsewhere meanwhile stays removed', async () => {
  const [a, b] = await devices.pair();
  await a.write('d/x', 'x\n');
  await a.write('d/y', 'y\n');
  await a.write('e/z', 'z\n');
  await settleAll(a, b);
  await a.folder.rename('d/x', 'e/x');
  await a.folder.rename('d/y', 'e/y');
  await a.folder.rm('d', { recursive: true });
  await fs.rm(b.at('d/x'));
  await deliver(a, b);
  await settleAll(a, b);
  for (const device of [a, b]) {
    expect(await onDisk(device)).toEqual({ e: '/', 'e/y': 'y\n', 'e/z': 'z\n' });
    expect(await inFolder(device)).toEqual(await onDisk(device));
  }
});

test('what was moved out of a directory elsewhere is written where it is, if the directory was removed here meanwhile', async () => {
  const [a, b] = await devices.pair();
  await a.write('d/x', 'x\n');
  await a.write('d/p/y', 'y\n');
  await a.write('e/z', 'z\n');
  await settleAll(a, b);
  await a.folder.rename('d/x', 'e/x');
  await a.folder.rename('d/p', 'e/p');
  await a.folder.rm('d', { recursive: true });
  await fs.rm(b.at('d'), { recursive: true });
  await deliver(a, b);
  await settleAll(a, b);
  for (const device of [a, b]) {
    const expected = { e: '/', 'e/p': '/', 'e/p/y': 'y\n', 'e/x': 'x\n', 'e/z': 'z\n' };
    expect(await onDisk(device)).toEqual(expected);
    expect(await inFolder(device)).toEqual(expected);
  }
});

test.each(['d/e', 'd/deep/e'])(
  'a directory that is moved into one with which it was united elsewhere takes what is in it along (%s)',
  async (into) => {
    const [a, b] = await devices.pair();
    await a.write('d/x', 'x\n');
    await a.write('e/y', 'y\n');
    await fs.mkdir(a.at('d/deep'));
    await settleAll(a, b);
    const id = a.idOf('e/y');
    const c = await devices.make(a.folder.id);
    await exchange(a, c);
    await b.settle();
    // Two directories get one name, apart from each other.
    await a.folder.rename('d', 'n');
    await c.folder.rename('e', 'n');
    await fs.rename(b.at('e'), b.at(into));
    await deliver(a, b);
    await deliver(c, b);
    await settleAll(a, b, c);
    for (const device of [a, b, c]) {
      expect(Object.values(await onDisk(device)).sort()).toEqual(['/', '/', '/', 'x\n', 'y\n']);
      expect(await inFolder(device)).toEqual(await onDisk(device));
      expect(device.mirror.status().problems).toEqual([]);
      expect(device.idOf(`n/${into.slice(2)}/y`)).toBe(id);
    }
  },
);

test('one that was only touched goes', async () => {
  const [a, b] = await devices.pair();
  await a.write('d/f', 'text\n');
  await settleAll(a, b);
  await a.folder.rm('d', { recursive: true });
  await deliver(a, b);
  await b.write('d/f', 'text\n');
  await settleAll(a, b);
  expect(await onDisk(b)).toEqual({});
  expect(await onDisk(a)).toEqual({});
});

test('one that another came over leaves its place to that whenever the content is here', async () => {
  const [a, b] = await devices.pair();
  await a.write('place', 'old\n');
  await settleAll(a, b);
  const { nodes } = b.folder;
  const ancestor = await Ancestor.load(nodes);
  const old = b.idOf('place') as NodeId;
  await a.folder.writeFile('other', Uint8Array.of(0, 1));
  await a.folder.rm('place');
  await a.folder.rename('other', 'place');
  await deliver(a, b);
  const arrived = b.idOf('place') as NodeId;
  // As when its content comes later than the tree: only that is news.
  const plan = reconcileModel({ nodes, ancestor, ignored: () => undefined, isHidden: () => false }, [
    arrived,
  ]);
  expect(plan.contents).toMatchObject([{ node: { id: arrived }, replaces: { id: old } }]);
  expect(plan.structure).toEqual([]);
});

test('a directory that a person removes and makes anew stays, empty, when it is removed elsewhere in the same moment', async () => {
  const [a, b] = await devices.pair();
  await a.write('d/file', 'text\n');
  await settleAll(a, b);
  await fs.rm(a.at('d'), { recursive: true });
  await fs.mkdir(a.at('d'));
  await b.folder.rm('d', { recursive: true });
  await exchange(a, b);
  await settleAll(a, b);
  for (const device of [a, b]) {
    expect(await onDisk(device)).toEqual({ d: '/' });
    expect(await inFolder(device)).toEqual({ d: '/' });
  }
});
