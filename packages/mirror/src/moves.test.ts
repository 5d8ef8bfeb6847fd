/** Renames and moves: identities stay, and nothing is read or sent that did not change. */
import * as fs from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { testDevices } from './testing/devices.ts';
import { exchange, inFolder, onDisk, settleAll, type TestDevice } from './testing/test-device.ts';

const devices = testDevices();

async function swap(device: TestDevice, one: string, two: string): Promise<void> {
  await fs.rename(device.at(one), device.at('swapping'));
  await fs.rename(device.at(two), device.at(one));
  await fs.rename(device.at('swapping'), device.at(two));
}

test('a rename of a directory with 1,000 files is one operation and no content', async () => {
  const [a, b] = await devices.pair();
  for (let i = 0; i < 1000; i++) await a.write(`old/${i % 10}/${i}.txt`, `file ${i}\n`);
  await settleAll(a, b);
  const [atA, atB] = [a.records(), b.records()];
  await fs.rename(a.at('old'), a.at('new'));
  expect(await a.settle()).toBe(1);
  expect(a.records()).toBe(atA + 1);
  expect(a.changes('in').at(-1)).toBe('moved new');
  await exchange(a, b);
  const inode = (await fs.stat(b.at('old/1/1.txt'))).ino;
  expect(await b.settle()).toBe(1);
  expect((await fs.stat(b.at('new/1/1.txt'))).ino).toBe(inode);
  expect(b.records()).toBe(atB + 1);
  expect(await onDisk(b)).toEqual(await onDisk(a));
});

describe('two exchange their names', () => {
  for (const kind of ['files', 'directories'] as const) {
    test(`${kind}, and each keeps its identity, here and there`, async () => {
      const [a, b] = await devices.pair();
      const inside = kind === 'files' ? '' : '/x';
      await a.write(`one${inside}`, '1\n');
      await a.write(`two${inside}`, '2\n');
      await settleAll(a, b);
      const ids = [a.idOf('one'), a.idOf('two')];
      await swap(a, 'one', 'two');
      await settleAll(a, b);
      for (const device of [a, b]) {
        expect([device.idOf('two'), device.idOf('one')]).toEqual(ids);
        expect(await onDisk(device)).toMatchObject({ [`one${inside}`]: '2\n', [`two${inside}`]: '1\n' });
      }
    });
  }
});

test('a directory takes the place of the one that it was in, on the disk', async () => {
  const [a, b] = await devices.pair();
  await a.write('d/inner/file', 'deep\n');
  await settleAll(a, b);
  const id = a.idOf('d/inner');
  await fs.rename(a.at('d/inner'), a.at('t'));
  await fs.rmdir(a.at('d'));
  await fs.rename(a.at('t'), a.at('d'));
  await settleAll(a, b);
  for (const device of [a, b]) {
    expect(await onDisk(device)).toEqual({ d: '/', 'd/file': 'deep\n' });
    expect(device.idOf('d')).toBe(id);
  }
});

test('a directory takes the place of the one that it was in, elsewhere', async () => {
  const [a, b] = await devices.pair();
  await a.write('d/inner/file', 'deep\n');
  await settleAll(a, b);
  await a.folder.rename('d/inner', 't');
  await a.folder.rm('d');
  await a.folder.rename('t', 'd');
  await exchange(a, b);
  await b.settle();
  expect(await onDisk(b)).toEqual({ d: '/', 'd/file': 'deep\n' });
  expect(await b.settle()).toBe(0);
});

test('a directory goes deep into what was in it, and another one takes its name', async () => {
  const [a, b] = await devices.pair();
  await a.write('e/x/l/file', 'deep\n');
  await settleAll(a, b);
  const ids = ['e', 'e/x', 'e/x/l'].map((path) => a.idOf(path));
  await a.folder.mkdir('n');
  await a.folder.rename('e/x', 'n/x');
  await a.folder.rename('e', 'n/x/l/e');
  await a.folder.rename('n', 'e');
  await settleAll(a, b);
  for (const device of [a, b]) {
    const directories = { e: '/', 'e/x': '/', 'e/x/l': '/', 'e/x/l/e': '/' };
    expect(await onDisk(device)).toEqual({ ...directories, 'e/x/l/file': 'deep\n' });
    expect(['e/x/l/e', 'e/x', 'e/x/l'].map((path) => device.idOf(path))).toEqual(ids);
    expect(device.mirror.status().problems).toEqual([]);
  }
});

test('a file moved out of a directory that goes, and edited, is written anew where that was removed unseen', async () => {
  const [a, b] = await devices.pair();
  await a.write('d/file', 'text\n');
  await settleAll(a, b);
  await a.folder.rename('d/file', 'moved');
  await a.folder.rm('d');
  await a.folder.writeFile('moved', 'text\nmore\n');
  await exchange(a, b);
  await fs.rm(b.at('d'), { recursive: true });
  await settleAll(a, b);
  for (const device of [a, b]) expect(await onDisk(device)).toEqual({ moved: 'text\nmore\n' });
});

test('three names go round, and a directory goes into one that was in it', async () => {
  const [a, b] = await devices.pair();
  for (const name of ['1', '2', '3']) await a.write(name, `${name}\n`);
  await a.write('outer/inner/file', 'deep\n');
  await settleAll(a, b);
  await fs.rename(a.at('1'), a.at('t'));
  await fs.rename(a.at('3'), a.at('1'));
  await fs.rename(a.at('2'), a.at('3'));
  await fs.rename(a.at('t'), a.at('2'));
  await fs.rename(a.at('outer/inner'), a.at('inner'));
  await fs.rename(a.at('outer'), a.at('inner/outer'));
  await settleAll(a, b);
  expect(await onDisk(b)).toEqual({
    '1': '3\n',
    '2': '1\n',
    '3': '2\n',
    inner: '/',
    'inner/file': 'deep\n',
    'inner/outer': '/',
  });
  expect(await inFolder(a)).toEqual(await onDisk(b));
});

test('a file that moved and was edited is moved and edited, with an edit of the other device in it', async () => {
  const [a, b] = await devices.pair();
  await a.write('file', 'one\ntwo\n');
  await settleAll(a, b);
  const id = a.idOf('file');
  await fs.mkdir(a.at('d'));
  await fs.rename(a.at('file'), a.at('d/renamed'));
  await fs.appendFile(a.at('d/renamed'), 'by a\n');
  await b.write('file', 'by b\none\ntwo\n');
  await settleAll(a, b);
  for (const device of [a, b]) {
    expect(await onDisk(device)).toEqual({ d: '/', 'd/renamed': 'by b\none\ntwo\nby a\n' });
    expect(device.idOf('d/renamed')).toBe(id);
  }
});

test('a directory goes into one that was in it, which is in a new one of its name by then', async () => {
  const [a, b] = await devices.pair();
  await a.write('d/inner/deep/file', 'deep\n');
  await a.write('d/beside', 'beside\n');
  await settleAll(a, b);
  const ids = [a.idOf('d'), a.idOf('d/inner'), a.idOf('d/inner/deep')];
  await fs.rename(a.at('d/inner'), a.at('t'));
  await fs.rename(a.at('d'), a.at('t/deep/d'));
  await fs.mkdir(a.at('d'));
  await fs.rename(a.at('t'), a.at('d/inner'));
  await settleAll(a, b);
  for (const device of [a, b]) {
    expect(await onDisk(device)).toMatchObject({
      'd/inner/deep/file': 'deep\n',
      'd/inner/deep/d/beside': 'beside\n',
    });
    expect(await inFolder(device)).toEqual(await onDisk(device));
    expect([device.idOf('d/inner/deep/d'), device.idOf('d/inner'), device.idOf('d/inner/deep')]).toEqual(ids);
  }
});

test('a file keeps its identity when it moves into a new directory whose name some system takes for another new one', async () => {
  const [a, b] = await devices.pair();
  await a.write('file', 'text\n');
  await settleAll(a, b);
  const id = a.idOf('file');
  await fs.mkdir(a.at('c'));
  await fs.rename(a.at('file'), a.at('c/file'));
  await fs.mkdir(a.at('C'));
  await settleAll(a, b);
  expect(await onDisk(a)).toEqual(await onDisk(b));
  expect(await inFolder(a)).toEqual(await onDisk(a));
  const [path] = Object.keys(await onDisk(b)).filter((name) => name.endsWith('/file'));
  expect(b.idOf(path ?? '')).toBe(id);
  expect(Object.keys(await onDisk(b))).toHaveLength(3);
});

test('a file moved by copying and removing is known by its content', async () => {
  const a = await devices.make();
  await a.write('here', 'content\n');
  await a.settle();
  const id = a.idOf('here');
  await a.write('there/here', 'content\n');
  await fs.rm(a.at('here'));
  await a.settle();
  expect(a.idOf('there/here')).toBe(id);
});

test('a hard link is a file of its own', async () => {
  const a = await devices.make();
  await a.write('one', 'text\n');
  await a.settle();
  const id = a.idOf('one');
  await fs.link(a.at('one'), a.at('two'));
  await a.settle();
  expect(await inFolder(a)).toEqual({ one: 'text\n', two: 'text\n' });
  expect(a.idOf('one')).toBe(id);
  await fs.appendFile(a.at('two'), 'more\n');
  await a.settle();
  expect(await inFolder(a)).toEqual({ one: 'text\nmore\n', two: 'text\nmore\n' });
  expect(await a.settle()).toBe(0);
});

test('a file becomes a directory, and a directory a link', async () => {
  const [a, b] = await devices.pair();
  await a.write('file', 'text\n');
  await a.write('directory/file', 'text\n');
  await settleAll(a, b);
  await fs.rm(a.at('file'));
  await a.write('file/below', 'new\n');
  await fs.rm(a.at('directory'), { recursive: true });
  await fs.symlink('file/below', a.at('directory'));
  await settleAll(a, b);
  expect(await onDisk(b)).toEqual({ directory: '-> file/below', file: '/', 'file/below': 'new\n' });
  expect(await inFolder(b)).toEqual(await onDisk(b));
});

test('a directory that was removed elsewhere stays while a person works in it', async () => {
  const [a, b] = await devices.pair();
  await a.write('d/old', 'old\n');
  await settleAll(a, b);
  await fs.rm(a.at('d'), { recursive: true });
  await b.write('d/new', 'new\n');
  await settleAll(a, b);
  for (const device of [a, b]) expect(await onDisk(device)).toEqual({ d: '/', 'd/new': 'new\n' });
});

test('what was removed elsewhere is in the trash', async () => {
  const [a, b] = await devices.pair();
  await a.write('d/file', 'precious\n');
  await settleAll(a, b);
  await fs.rm(a.at('d'), { recursive: true });
  await settleAll(a, b);
  expect(await onDisk(b)).toEqual({});
  const [time] = await fs.readdir(b.at('.evermesh/trash'));
  expect(await b.read(`.evermesh/trash/${time}/d/file`)).toBe('precious\n');
});

test('the trash is emptied after 30 days, not before', async () => {
  const [a, b] = await devices.pair();
  await a.write('file', 'text\n');
  await settleAll(a, b);
  await fs.rm(a.at('file'));
  await settleAll(a, b);
  await b.closeMirror();
  b.clock.pass(29 * 86_400_000);
  await b.settle();
  await b.closeMirror();
  expect(await fs.readdir(b.at('.evermesh/trash'))).toHaveLength(1);
  b.clock.pass(2 * 86_400_000);
  await b.settle();
  expect(await fs.readdir(b.at('.evermesh/trash'))).toEqual([]);
});
