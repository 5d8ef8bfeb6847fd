/** What is synced as what, what is not, and names. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { testDevices } from './testing/devices.ts';
import { exchange, inFolder, onDisk, settleAll } from './testing/test-device.ts';

const devices = testDevices();

test('a symbolic link stays a link, and nothing outside the root is read or written through it', async () => {
  const [a, b] = await devices.pair();
  const outside = await devices.make();
  await outside.write('secret', 'outside\n');
  await fs.symlink(outside.directory, a.at('out'));
  await fs.symlink('/no/such/target', a.at('broken'));
  await a.write('d/file', 'inside\n');
  await settleAll(a, b);
  expect(await onDisk(b)).toEqual({
    broken: '-> /no/such/target',
    d: '/',
    'd/file': 'inside\n',
    out: `-> ${outside.directory}`,
  });
  // A directory is replaced by a link out, behind the mirror's back, and the other device writes into it.
  await a.write('d/new', 'new\n');
  await a.settle();
  await exchange(a, b);
  await fs.rename(b.at('d'), b.at('elsewhere'));
  await fs.symlink(outside.directory, b.at('d'));
  await settleAll(a, b);
  expect(await onDisk(outside)).toEqual({ secret: 'outside\n' });
  expect(await onDisk(a)).toEqual(await onDisk(b));
  expect(await onDisk(b)).toMatchObject({ 'elsewhere/new': 'new\n', d: `-> ${outside.directory}` });
});

test('the root may be reached through a symbolic link', async () => {
  const a = await devices.make();
  await fs.mkdir(a.at('real'));
  await fs.symlink('real', a.at('link'));
  const mirror = await a.open({ directory: a.at('link') });
  expect(mirror.directory).toBe(a.at('real'));
});

test('sockets and pipes are named and not opened', async () => {
  const a = await devices.make();
  execFileSync('mkfifo', [a.at('pipe')]);
  const server = createServer().listen(a.at('socket'));
  await new Promise((resolve) => server.once('listening', resolve));
  await a.write('file', 'text\n');
  await a.settle();
  expect(await inFolder(a)).toEqual({ file: 'text\n' });
  // In whatever order the directory has them.
  const problems = [...a.mirror.status().problems].sort((one, other) => (one.path < other.path ? -1 : 1));
  expect(problems).toMatchObject([
    { path: 'pipe', code: 'SPECIAL_FILE' },
    { path: 'socket', code: 'SPECIAL_FILE' },
  ]);
  await new Promise((resolve) => server.close(resolve));
  await fs.rm(a.at('pipe'));
  await a.settle();
  expect(a.mirror.status().problems).toEqual([]);
});

test('version control, system junk and temporaries of editors stay here, each with a reason', async () => {
  const a = await devices.make();
  for (const name of [
    '.git/config',
    '.DS_Store',
    '.file.swp',
    'file~',
    '~$doc.docx',
    '.evermesh/mine',
    'd/.evermesh/folder.json',
  ]) {
    await a.write(name, 'x');
  }
  await a.write('file', 'text\n');
  await a.settle();
  expect(await inFolder(a)).toEqual({ d: '/', file: 'text\n' });
  expect(
    a.mirror
      .status()
      .ignored.map(({ path }) => path)
      .sort(),
  ).toEqual(['.DS_Store', '.file.swp', '.git', 'd/.evermesh', 'file~', '~$doc.docx']);
  for (const { reason } of a.mirror.status().ignored) expect(reason).not.toBe('');
});

test('.evermeshignore is synced, holds on every device, and removes nothing that was synced before', async () => {
  const [a, b] = await devices.pair();
  await a.write('build/out', 'made\n');
  await a.write('kept.log', 'log\n');
  await settleAll(a, b);
  await a.write('.evermeshignore', 'build/\n*.log\n');
  await settleAll(a, b);
  await a.write('build/out', 'made again\n');
  await a.write('new.log', 'x');
  await b.write('build/other', 'at b\n');
  await fs.rm(a.at('kept.log'));
  await settleAll(a, b);
  expect(await onDisk(b)).toEqual({
    '.evermeshignore': 'build/\n*.log\n',
    build: '/',
    'build/other': 'at b\n',
    'build/out': 'made\n',
    'kept.log': 'log\n',
  });
  expect(await a.read('build/out')).toBe('made again\n');
  expect(a.mirror.status().ignored).toContainEqual({ path: 'build', reason: 'a pattern in .evermeshignore' });
  await fs.rm(a.at('.evermeshignore'));
  await settleAll(a, b);
  expect(await onDisk(a)).toEqual(await onDisk(b));
});

test('a pattern may take back a default', async () => {
  const a = await devices.make();
  await a.write('.evermeshignore', '!file~\n');
  await a.write('file~', 'kept\n');
  await a.settle();
  expect(await inFolder(a)).toMatchObject({ 'file~': 'kept\n' });
});

test('a name that is not UTF-8 is named, and harms nothing beside it', async () => {
  const a = await devices.make();
  await a.write('file', 'text\n');
  await fs.writeFile(Buffer.concat([Buffer.from(`${a.directory}/`), Buffer.of(0x62, 0xff, 0x64)]), 'x');
  await a.settle();
  expect(await inFolder(a)).toEqual({ file: 'text\n' });
  expect(a.mirror.status().problems).toMatchObject([{ code: 'NAME_NOT_TEXT', path: 'b\xffd' }]);
});

test('a decomposed name stays as it is here, and is shown composed elsewhere', async () => {
  const [a, b] = await devices.pair();
  const [composed, decomposed] = ['\u00e9', 'e\u0301'];
  await a.write(decomposed, 'one\n');
  await settleAll(a, b);
  expect(await onDisk(a)).toEqual({ [decomposed]: 'one\n' });
  expect(await onDisk(b)).toEqual({ [composed]: 'one\n' });
  await b.write(composed, 'two\n');
  await settleAll(a, b);
  expect(await onDisk(a)).toEqual({ [decomposed]: 'two\n' });
  expect(await a.mirror.verify()).toEqual([]);
});

test('names that some system cannot hold side by side are both kept, one under another name, on every disk the same', async () => {
  const [a, b] = await devices.pair();
  await a.write('Name', 'upper\n');
  await a.write('name', 'lower\n');
  await settleAll(a, b);
  expect(await onDisk(a)).toEqual(await onDisk(b));
  expect(Object.values(await onDisk(b)).sort()).toEqual(['lower\n', 'upper\n']);
});

test('a name that differs in case only is a rename', async () => {
  const [a, b] = await devices.pair();
  await a.write('Readme', 'text\n');
  await settleAll(a, b);
  const id = a.idOf('Readme');
  await fs.rename(a.at('Readme'), a.at('README'));
  await settleAll(a, b);
  expect(await onDisk(b)).toEqual({ README: 'text\n' });
  expect(b.idOf('README')).toBe(id);
});

test('the longest name, spaces, line breaks and quotes go through', async () => {
  const [a, b] = await devices.pair();
  for (const name of [
    'x'.repeat(255),
    ' leading',
    'two\nlines',
    `"quo'ted"`,
    '\u{1f600}',
    '...',
    'con',
    'trailing.',
  ])
    await a.write(name, name);
  await settleAll(a, b);
  expect(await onDisk(b)).toEqual(await onDisk(a));
  expect(Object.keys(await onDisk(b))).toHaveLength(8);
});

test('temporaries of the mirror are never synced, and none is left', async () => {
  const [a, b] = await devices.pair();
  for (let i = 0; i < 20; i++) await a.write(`${i}`, `${i}\n`);
  await settleAll(a, b);
  expect(await fs.readdir(b.at('.evermesh/tmp'))).toEqual([]);
  expect(Object.keys(await inFolder(a))).toHaveLength(20);
});

test('a file gets a name of its own also where the one beside the taken one is taken as well', async () => {
  const [a, b] = await devices.pair();
  await a.write('A', 'one\n');
  await a.settle();
  for (const name of ['a', 'x']) await a.write(name, 'two\n');
  await a.settle();
  const id = a.idOf('x');
  await fs.rename(a.at('x'), a.at('a'));
  await settleAll(a, b);
  const files = await onDisk(a);
  const names = Object.keys(files).sort();
  expect(Object.keys(files)).toHaveLength(3);
  const beside = names.find((name) => /^a \(~[0-9a-f]{8}\)$/.test(name));
  expect(files).toEqual({ A: 'one\n', [`${beside}`]: 'two\n', [`${beside?.slice(0, -1)}~)`]: 'two\n' });
  for (const device of [a, b]) {
    expect(await inFolder(device)).toEqual(files);
    expect(await onDisk(device)).toEqual(files);
    expect(device.idOf(`${beside?.slice(0, -1)}~)`)).toBe(id);
    expect(device.mirror.status().problems).toEqual([]);
  }
});
