/** What is moved while the mirror is told of one of the two directories only. */
import * as fs from 'node:fs/promises';
import type { NodeId } from '@evermesh/core';
import { expect, test } from 'vitest';
import { Ancestor, type AncestorEntry } from './ancestor.ts';
import { Departed } from './departed.ts';
import type { FileSystem } from './fs/file-system.ts';
import { nodeFileSystem } from './fs/node-file-system.ts';
import { closing } from './testing/closing.ts';
import { testDevices } from './testing/devices.ts';
import { FakeWatcher } from './testing/fake-watcher.ts';
import { deliver, inFolder, onDisk, settleAll, type TestDevice } from './testing/test-device.ts';
import { VirtualClock } from './testing/virtual-clock.ts';
import { change, told } from './testing/told.ts';

const devices = testDevices();

async function started(device: TestDevice, fileSystem: FileSystem = nodeFileSystem): Promise<FakeWatcher> {
  const watcher = new FakeWatcher();
  await device.closeMirror();
  await device.open({ watcher, fileSystem });
  device.events.length = 0;
  device.mirror.start();
  await told(device, ({ type }) => type === 'inStep');
  return watcher;
}

/** On the first device a file has moved to another directory, of which its watcher has not told yet. */
async function missing(): Promise<{
  a: TestDevice;
  b: TestDevice;
  id: string | undefined;
  watcher: FakeWatcher;
}> {
  const [a, b] = await devices.pair();
  await a.write('d/file', 'one\n');
  await a.write('e/other', 'other\n');
  await settleAll(a, b);
  const id = a.idOf('d/file');
  const watcher = await started(a);
  await fs.rename(a.at('d/file'), a.at('e/file'));
  watcher.events?.dirty('d');
  await told(a, change('in', 'removed d/file'));
  return { a, b, id, watcher };
}

test('a file that is found in another directory after it counted as removed comes back as itself', async () => {
  const { a, b, id, watcher } = await missing();
  // Somebody who has not heard of that renames it: one file, not two.
  await fs.rename(b.at('d/file'), b.at('d/renamed'));
  await b.settle();
  watcher.events?.dirty('e');
  await told(a, change('in', 'moved e/file'));
  await settleAll(a, b);
  for (const device of [a, b]) {
    expect(await onDisk(device)).toEqual({ d: '/', e: '/', 'e/other': 'other\n', 'e/renamed': 'one\n' });
    expect(device.idOf('e/renamed')).toBe(id);
  }
});

test('a directory comes back with what is in it, also to where it was', async () => {
  const [a, b] = await devices.pair();
  await a.write('d/p/file', 'one\n');
  await a.write('d/p/other', 'other\n');
  await a.write('e/x', 'x\n');
  await settleAll(a, b);
  const ids = ['d/p', 'd/p/file', 'd/p/other'].map((path) => a.idOf(path));
  const watcher = await started(a);
  await fs.rename(a.at('d/p'), a.at('e/p'));
  watcher.events?.dirty('d');
  await told(a, change('in', 'removed d/p/file'));
  await a.write('e/p/file', 'one\ntwo\n');
  await fs.rm(a.at('e/p/other'));
  await fs.rename(a.at('e/p'), a.at('d/p'));
  watcher.events?.dirty('d');
  await told(a, change('in', 'edited d/p/file'));
  await settleAll(a, b);
  for (const device of [a, b]) {
    expect(await onDisk(device)).toEqual({
      d: '/',
      'd/p': '/',
      'd/p/file': 'one\ntwo\n',
      e: '/',
      'e/x': 'x\n',
    });
    expect(['d/p', 'd/p/file'].map((path) => device.idOf(path))).toEqual(ids.slice(0, 2));
  }
});

test('a file that is edited elsewhere before it is missed is moved, and not written anew where it was', async () => {
  const [a, b] = await devices.pair();
  await b.write('d/file', 'one\n');
  await b.write('e/other', 'other\n');
  await settleAll(a, b);
  const watcher = await started(b);
  b.clock.auto = false;
  await fs.rename(b.at('d/file'), b.at('e/file'));
  watcher.events?.dirty('d');
  b.clock.pass(2);
  await b.mirror.idle();
  await a.folder.writeFile('d/file', 'one\ntwo\n');
  await deliver(a, b);
  b.clock.auto = true;
  b.clock.pass(100);
  await told(b, change('in', 'moved e/file'));
  await settleAll(a, b);
  const expected = { d: '/', e: '/', 'e/file': 'one\ntwo\n', 'e/other': 'other\n' };
  for (const device of [a, b]) expect(await inFolder(device)).toEqual(expected);
  expect(await onDisk(b)).toEqual(expected);
});

test('a file that comes back, saved meanwhile, where another one arrives in that moment is there once', async () => {
  const { a, b, id } = await missing();
  await deliver(a, b);
  await b.settle();
  await a.closeMirror();
  await a.write('e/file', 'one\ntwo\n');
  await b.write('e/file', 'of b\n');
  await b.settle();
  let taken = 0;
  await a.open({
    fileSystem: {
      ...nodeFileSystem,
      // The last thing before what was found is told to the folder.
      async syncDirectory(path) {
        if (path.endsWith('/e')) taken += await deliver(b, a);
        return nodeFileSystem.syncDirectory(path);
      },
    },
  });
  await settleAll(a, b);
  expect(taken).toBeGreaterThan(0);
  const shown = await onDisk(a);
  expect(await onDisk(b)).toEqual(shown);
  expect(Object.values(shown).sort()).toEqual(['/', '/', 'of b\n', 'one\ntwo\n', 'other\n']);
  const beside = Object.keys(shown).find((path) => path.startsWith('e/file (~')) ?? '';
  expect(a.idOf(beside)).toBe(id);
});

test('a file that comes back from elsewhere before it is found is not written anew', async () => {
  const { a, b, id } = await missing();
  await fs.rename(b.at('d/file'), b.at('d/renamed'));
  await b.settle();
  await deliver(b, a);
  await told(a, change('in', 'moved e/file'));
  await settleAll(a, b);
  for (const device of [a, b]) {
    expect(await onDisk(device)).toEqual({ d: '/', e: '/', 'e/file': 'one\n', 'e/other': 'other\n' });
    expect(device.idOf('e/file')).toBe(id);
  }
});

test('a file that is found after the mirror died comes back as itself', async () => {
  const a = await devices.make();
  await a.write('d/file', 'one\n');
  await a.write('e/other', 'other\n');
  const id = await a.settle().then(() => a.idOf('d/file'));
  const watcher = await started(a);
  await fs.rename(a.at('d/file'), a.at('e/file'));
  watcher.events?.dirty('d');
  await told(a, change('in', 'removed d/file'));
  await a.closeMirror();
  await a.crash();
  await a.settle();
  expect(a.idOf('e/file')).toBe(id);
  expect(await inFolder(a)).toEqual({ d: '/', e: '/', 'e/file': 'one\n', 'e/other': 'other\n' });
  // All was looked at, and nothing is missed any more.
  expect(
    (await Departed.load(a.folder.nodes, new Ancestor(a.folder.nodes), a.clock)).withInode(
      await inodeOf(a, 'e/file'),
    ),
  ).toEqual([]);
});

test('a file that was moved in the moment in which it was to go is found as itself after the mirror died', async () => {
  const [a, b] = await devices.pair();
  await a.write('d/file', 'one\n');
  await a.write('e/other', 'other\n');
  await settleAll(a, b);
  const id = a.idOf('d/file');
  let isToMove = false;
  await started(b, {
    ...nodeFileSystem,
    async lstat(path) {
      if (isToMove && path === b.at('d/file')) {
        isToMove = false;
        await fs.rename(path, b.at('e/file'));
      }
      return nodeFileSystem.lstat(path);
    },
  });
  isToMove = true;
  await a.folder.rm('d/file');
  await deliver(a, b);
  await told(b, change('out', 'removed d/file'));
  await b.closeMirror();
  await b.crash();
  await settleAll(b, a);
  for (const device of [a, b]) {
    expect(await onDisk(device)).toEqual({ d: '/', e: '/', 'e/file': 'one\n', 'e/other': 'other\n' });
    expect(device.idOf('e/file')).toBe(id);
  }
});

test('what belongs into a directory that nobody lets the mirror read is a problem there, and everything else is written', async () => {
  const [a, b] = await devices.pair();
  await a.write('closed/other', 'other\n');
  await settleAll(a, b);
  const door = closing('closed');
  await b.closeMirror();
  await b.open({ fileSystem: door.fileSystem });
  await a.write('closed/new', 'new\n');
  await a.write('open', 'open\n');
  await settleAll(a, b);
  expect(await onDisk(b)).toEqual({ closed: '/', 'closed/other': 'other\n', open: 'open\n' });
  expect(b.mirror.status().problems.map(({ path }) => path)).toContain('closed/new');
  door.isOpen = true;
  await settleAll(a, b);
  expect(await onDisk(b)).toMatchObject({ 'closed/new': 'new\n' });
});

test('a file that is moved into a directory that nobody lets the mirror read comes back as itself when it may', async () => {
  const [a, b] = await devices.pair();
  await a.write('file', 'one\n');
  await a.write('closed/other', 'other\n');
  await settleAll(a, b);
  const id = a.idOf('file');
  const door = closing('closed');
  await a.closeMirror();
  await a.open({ fileSystem: door.fileSystem });
  await fs.rename(a.at('file'), a.at('closed/file'));
  await a.settle();
  expect(a.changes('in')).toContain('removed file');
  // Somebody who has not heard of that saves it: it is there, and on this disk where nobody can see it.
  await b.write('file', 'one\ntwo\n');
  await settleAll(b, a);
  expect(await onDisk(a)).toMatchObject({ 'closed/file': 'one\n' });
  expect(await fs.readdir(a.directory)).not.toContain('file');
  door.isOpen = true;
  await settleAll(a, b);
  for (const device of [a, b]) {
    expect(await onDisk(device)).toEqual({
      closed: '/',
      'closed/file': 'one\ntwo\n',
      'closed/other': 'other\n',
    });
    expect(device.idOf('closed/file')).toBe(id);
  }
});

test.each(['closed', 'closed/d'])(
  'a file that is moved out of a directory that nobody lets the mirror read (%s) stays itself, and a second name of it is a copy',
  async (from) => {
    const [a, b] = await devices.pair();
    for (const name of ['moved', 'linked']) await a.write(`${from}/${name}`, `${name}\n`);
    await settleAll(a, b);
    const ids = ['moved', 'linked'].map((name) => a.idOf(`${from}/${name}`));
    const door = closing('closed');
    await a.closeMirror();
    await a.open({ fileSystem: door.fileSystem });
    await fs.rename(a.at(`${from}/moved`), a.at('moved'));
    await fs.link(a.at(`${from}/linked`), a.at('linked'));
    await a.settle();
    expect(['moved', 'linked'].map((name) => a.idOf(name))).toEqual(ids);
    door.isOpen = true;
    await settleAll(a, b);
    for (const device of [a, b]) {
      const directories = from === 'closed' ? { closed: '/' } : { closed: '/', 'closed/d': '/' };
      expect(await onDisk(device)).toEqual({
        ...directories,
        moved: 'moved\n',
        linked: 'linked\n',
        [`${from}/linked`]: 'linked\n',
      });
      expect(['moved', 'linked'].map((name) => device.idOf(name))).toEqual(ids);
    }
  },
);

test('a save of a file that was where nobody could look is told from what the disk showed of it', async () => {
  const [a, b] = await devices.pair();
  await a.write('file', 'one\n');
  await a.write('closed/other', 'other\n');
  await settleAll(a, b);
  const door = closing('closed');
  let isFull = false;
  await a.closeMirror();
  await a.open({
    fileSystem: {
      ...door.fileSystem,
      createFile: async (...file) => {
        if (isFull) throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
        return nodeFileSystem.createFile(...file);
      },
    },
  });
  isFull = true;
  // What a shows then is no state of the document: by b is in it, and not on this disk.
  await b.write('file', 'one\nby b\n');
  await b.settle();
  await a.write('file', 'one\nby a\n');
  await deliver(b, a);
  await a.settle();
  expect(await inFolder(a)).toMatchObject({ file: 'one\nby a\nby b\n' });
  await fs.rename(a.at('file'), a.at('closed/file'));
  await a.settle();
  await a.write('third', 'third\n');
  await a.settle();
  await a.write('closed/file', 'one\nby a\nagain by a\n');
  door.isOpen = true;
  isFull = false;
  await settleAll(a, b);
  for (const device of [a, b]) {
    const shown = await onDisk(device);
    expect(shown['closed/file']?.trim().split('\n').sort()).toEqual(['again by a', 'by a', 'by b', 'one']);
  }
});

test('a file that was removed, while a directory cannot be read, and saved elsewhere, is written again when it can', async () => {
  const [a, b] = await devices.pair();
  await a.write('file', 'one\n');
  await a.write('closed/other', 'other\n');
  await settleAll(a, b);
  const door = closing('closed');
  await a.closeMirror();
  await a.open({ fileSystem: door.fileSystem });
  await fs.rm(a.at('file'));
  await a.settle();
  await b.write('file', 'one\ntwo\n');
  await settleAll(b, a);
  expect(await fs.readdir(a.directory)).not.toContain('file');
  door.isOpen = true;
  await settleAll(a, b);
  for (const device of [a, b])
    expect(await onDisk(device)).toEqual({ closed: '/', 'closed/other': 'other\n', file: 'one\ntwo\n' });
});

test('who has left is remembered for two minutes, or until a look at everything', async () => {
  const a = await devices.make();
  await a.write('file', 'one\n');
  await a.settle();
  const { nodes } = a.folder;
  const ancestor = await Ancestor.load(nodes);
  const [entry] = [...ancestor.all()] as [AncestorEntry];
  const clock = new VirtualClock();
  const departed = new Departed(nodes, ancestor, clock);
  const full = { isFull: true, isComplete: true, found: new Set<NodeId>() };
  const some = { ...full, isFull: false };
  const left = async (): Promise<AncestorEntry[]> =>
    (await Departed.load(nodes, ancestor, clock)).withInode(entry);
  await departed.missed([entry], full);
  clock.pass(119_999);
  await departed.missed([], some);
  expect(departed.withInode(entry)).toEqual([entry]);
  expect(await left()).toEqual([entry]);
  expect(departed.withInode({ ...entry, born: entry.born + 1n })).toEqual([]);
  clock.pass(1);
  await departed.missed([], some);
  expect(departed.withInode(entry)).toEqual([]);
  await departed.missed([entry], some);
  await departed.missed([], full);
  expect(departed.withInode(entry)).toEqual([]);
  expect(await left()).toEqual([]);
});

async function inodeOf(device: TestDevice, path: string): Promise<{ inode: bigint; born: bigint }> {
  const { ino, birthtimeNs } = await fs.lstat(device.at(path), { bigint: true });
  return { inode: ino, born: birthtimeNs };
}
