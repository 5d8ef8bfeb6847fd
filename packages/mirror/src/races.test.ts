/** A person or program that is faster than the mirror, by one system call. */
import * as fs from 'node:fs/promises';
import { expect, test } from 'vitest';
import { Ancestor } from './ancestor.ts';
import type { FileSystem } from './fs/file-system.ts';
import { nodeFileSystem } from './fs/node-file-system.ts';
import { testDevices } from './testing/devices.ts';
import { deliver, exchange, inFolder, onDisk, settleAll, type TestDevice } from './testing/test-device.ts';

const devices = testDevices();

/** Two devices in step, the second with a file system in which `before` may come first, once. */
async function racing(
  before: Partial<
    Record<
      'lstat' | 'rename' | 'link' | 'removeDirectory' | 'syncDirectory',
      (device: TestDevice, path: string) => Promise<boolean>
    >
  >,
): Promise<[TestDevice, TestDevice]> {
  const [a, b] = await devices.pair();
  await a.write('file', 'one\ntwo\n');
  await a.write('d/file', 'one\n');
  await settleAll(a, b);
  await b.closeMirror();
  const left = new Map(Object.entries(before));
  const first = async (name: keyof typeof before, path: string): Promise<void> => {
    if ((await left.get(name)?.(b, path.slice(b.directory.length + 1))) === true) left.delete(name);
  };
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    async lstat(path) {
      await first('lstat', path);
      return nodeFileSystem.lstat(path);
    },
    async rename(from, to) {
      await first('rename', to);
      await nodeFileSystem.rename(from, to);
    },
    async replace(from, to, inode) {
      await first('rename', to);
      return nodeFileSystem.replace(from, to, inode);
    },
    async link(from, to) {
      await first('link', to);
      await nodeFileSystem.link(from, to);
    },
    async syncDirectory(path) {
      await first('syncDirectory', path);
      await nodeFileSystem.syncDirectory(path);
    },
    async removeDirectory(path) {
      await first('removeDirectory', path);
      await nodeFileSystem.removeDirectory(path);
    },
  };
  await b.open({ fileSystem });
  return [a, b];
}

/** What a person does when the file that the mirror moves has its new name, `moved`, and the old one as well. */
function racingMove(act: (device: TestDevice) => Promise<void>): Promise<[TestDevice, TestDevice]> {
  let isMoved = false;
  return racing({
    async link(_device, to) {
      isMoved ||= to === 'moved';
      return false;
    },
    async rename(device) {
      if (isMoved) await act(device);
      return isMoved;
    },
  });
}

test('what a person saves in the moment in which a newer content comes is merged into it', async () => {
  const [a, b] = await racing({
    async rename(device, to) {
      if (to !== 'file') return false;
      await device.write('file', 'by b\none\ntwo\n');
      return true;
    },
  });
  await a.write('file', 'one\ntwo\nby a\n');
  await settleAll(a, b);
  for (const device of [a, b]) expect(await device.read('file')).toBe('by b\none\ntwo\nby a\n');
});

test('a file that is moved here, and with its directory there, in one moment is there once', async () => {
  const [a, b] = await racing({
    async rename(device, to) {
      if (!to.startsWith('.evermesh/tmp/')) return false;
      await fs.rename(device.at('d'), device.at('e'));
      return true;
    },
  });
  await fs.rename(a.at('d/file'), a.at('moved'));
  await settleAll(a, b);
  for (const device of [a, b])
    expect(await onDisk(device)).toEqual({ e: '/', file: 'one\ntwo\n', moved: 'one\n' });
});

test.each([
  ['file', 'file', 'moved', 'one\ntwo\n'],
  ['d/file', 'd', 'e', 'one\n'],
])(
  'what a person moves in the moment in which it goes (%s) comes back as itself, with what others wrote to it',
  async (file, from, to, text) => {
    const [a, b] = await racing({
      async lstat(device, path) {
        if (path !== file) return false;
        await fs.rename(device.at(from), device.at(to));
        return true;
      },
    });
    const c = await devices.make(a.folder.id);
    await exchange(a, c);
    await settleAll(a, c);
    const moved = file.replace(from, to);
    const [before, id] = [await onDisk(a), a.idOf(file)];
    await c.write(file, `${text}of c\n`);
    await c.settle();
    await a.folder.rm(from, { recursive: true });
    await deliver(a, b);
    await b.settle();
    expect(await b.read(moved)).toBe(text);
    await settleAll(a, b, c);
    const left = Object.entries(before).filter(([path]) => path !== from && path !== file);
    const places = moved === to ? {} : { [to]: '/' };
    for (const device of [a, b, c]) {
      expect(await onDisk(device)).toEqual({
        ...Object.fromEntries(left),
        ...places,
        [moved]: `${text}of c\n`,
      });
      expect(device.idOf(moved)).toBe(id);
    }
  },
);

test('what a person removes in the moment in which it goes is gone, and nobody looks for it any more', async () => {
  const [a, b] = await racing({
    async lstat(device, path) {
      if (path !== 'd/file') return false;
      await fs.rm(device.at('d'), { recursive: true });
      return true;
    },
  });
  await a.folder.rm('d', { recursive: true });
  await settleAll(a, b);
  for (const device of [a, b]) expect(await onDisk(device)).toEqual({ file: 'one\ntwo\n' });
  expect(b.mirror.status().state).toBe('in step');
  const { nodes } = b.folder;
  expect((await Ancestor.load(nodes)).size).toBe(1);
  for (const area of ['mirror-departed', 'mirror-intent'])
    for await (const [key] of nodes.rows(area)) expect(`${area} ${key}`).toBe('nothing');
});

test('what a person writes in the moment in which the file goes stays', async () => {
  const [a, b] = await racing({
    async rename(device, to) {
      if (!to.endsWith('/file') || !to.startsWith('.evermesh/trash')) return false;
      await device.write('file', 'one\ntwo\nby b\n');
      return true;
    },
  });
  await fs.rm(a.at('file'));
  await settleAll(a, b);
  for (const device of [a, b]) expect(await onDisk(device)).toMatchObject({ file: 'one\ntwo\nby b\n' });
});

test('what a person makes in the moment in which another file comes to its name is kept beside it', async () => {
  const [a, b] = await racing({
    async link(device, to) {
      if (to !== 'new') return false;
      await device.write('new', 'by b\n');
      return true;
    },
  });
  await a.write('new', 'by a\n');
  await settleAll(a, b);
  expect(await onDisk(a)).toEqual(await onDisk(b));
  const texts = Object.entries(await onDisk(a)).filter(([name]) => name.startsWith('new'));
  expect(texts.map(([, text]) => text).sort()).toEqual(['by a\n', 'by b\n']);
});

test('what a person puts into a directory in the moment in which it goes keeps the directory', async () => {
  const [a, b] = await racing({
    async removeDirectory(device, path) {
      if (path !== 'd') return false;
      await device.write('d/new', 'by b\n');
      return true;
    },
  });
  await fs.rm(a.at('d'), { recursive: true });
  await settleAll(a, b);
  for (const device of [a, b]) {
    expect(await onDisk(device)).toEqual({ d: '/', 'd/new': 'by b\n', file: 'one\ntwo\n' });
  }
});

test('a directory that a person moves away in the moment in which a file comes into it takes the file along', async () => {
  const [a, b] = await racing({
    async link(device, to) {
      if (to !== 'd/new') return false;
      await fs.rename(device.at('d'), device.at('e'));
      return true;
    },
  });
  await a.write('d/new', 'by a\n');
  await settleAll(a, b);
  for (const device of [a, b]) {
    expect(await onDisk(device)).toEqual({
      e: '/',
      'e/file': 'one\n',
      'e/new': 'by a\n',
      file: 'one\ntwo\n',
    });
  }
});

test('an edit that arrives while a save of the same file is being taken is in it', async () => {
  const [a, b] = await devices.pair();
  await a.write('file', 'one\ntwo\n');
  await settleAll(a, b);
  await a.write('file', 'one\ntwo\nby a\n');
  await a.settle();
  await b.closeMirror();
  let delivered = false;
  await b.open({
    fileSystem: {
      ...nodeFileSystem,
      async readStart(path, limit) {
        if (path.endsWith('/file') && !delivered) {
          delivered = true;
          await exchange(a, b);
        }
        return nodeFileSystem.readStart(path, limit);
      },
    },
  });
  await b.write('file', 'by b\none\ntwo\n');
  await settleAll(a, b);
  expect(delivered).toBe(true);
  for (const device of [a, b]) expect(await device.read('file')).toBe('by b\none\ntwo\nby a\n');
});

test('our own directory is written by nobody else, in any spelling of its name', async () => {
  const [a, b] = await devices.pair();
  for (const name of ['.EverMesh', 'd/.evermesh']) await a.folder.writeFile(`${name}/lock`, 'theirs\n');
  await exchange(a, b);
  await b.settle();
  expect(await onDisk(b)).toEqual({ d: '/' });
  expect(await b.read('.evermesh/lock')).not.toContain('theirs');
  expect(Object.keys(await inFolder(b))).toContain('d/.evermesh/lock');
  expect(b.mirror.status().problems).toEqual([]);
});

test('an edit that arrives while a deletion waits for the disk is kept, and its file comes back with it', async () => {
  const edited = { d: '/', file: 'one\ntwo\nby a\n', 'd/file': 'one\nby a\n' };
  let isRemoved = false;
  const [a, b] = await racing({
    async syncDirectory(device) {
      if (!isRemoved) return false;
      await a.folder.writeFile('file', edited.file);
      await a.folder.writeFile('d/file', edited['d/file']);
      await deliver(a, device);
      return true;
    },
  });
  await b.mirror.settle();
  await fs.rm(b.at('file'));
  await fs.rm(b.at('d'), { recursive: true });
  isRemoved = true;
  await settleAll(a, b);
  for (const device of [a, b]) {
    expect(await inFolder(device)).toEqual(edited);
    expect(await onDisk(device)).toEqual(edited);
  }
});

test.each([
  ['saves over', { moved: 'by b\none\ntwo\n' }],
  ['moves another file to', { moved: 'one\ntwo\n', file: 'one\n' }],
] as const)(
  'what a person %s the old name of a file at the moment in which that is moved stays',
  async (what, expected) => {
    const [a, b] = await racingMove(async (device) => {
      if (what === 'saves over') await device.write('file.new~', 'by b\none\ntwo\n');
      await fs.rename(device.at(what === 'saves over' ? 'file.new~' : 'd/file'), device.at('file'));
    });
    const id = a.idOf('file');
    await a.folder.rename('file', 'moved');
    await settleAll(a, b);
    const inD = what === 'saves over' ? { 'd/file': 'one\n' } : {};
    for (const device of [a, b]) {
      expect(await onDisk(device)).toEqual({ d: '/', ...inD, ...expected });
      expect(await inFolder(device)).toEqual(await onDisk(device));
      expect(device.idOf('moved')).toBe(id);
    }
  },
);

test('what a person saves in the place of a file in the moment in which a newer content comes is merged into it', async () => {
  const [a, b] = await racing({
    async rename(device, to) {
      if (to !== 'file') return false;
      await device.write('file.new~', 'by b\none\ntwo\n');
      await fs.rename(device.at('file.new~'), device.at('file'));
      return true;
    },
  });
  await a.write('file', 'one\ntwo\nby a\n');
  await settleAll(a, b);
  for (const device of [a, b]) expect(await device.read('file')).toBe('by b\none\ntwo\nby a\n');
  expect(await fs.readdir(b.at('.evermesh/tmp'))).toEqual([]);
});

test.each(['moves on', 'removes'])(
  'a file that a person %s while the mirror moves it is not there twice',
  async (what) => {
    const [a, b] = await racingMove(async (device) => {
      if (what === 'removes') await fs.rm(device.at('moved'));
      else await fs.rename(device.at('moved'), device.at('d/further'));
    });
    await a.folder.rename('file', 'moved');
    await settleAll(a, b);
    const further: Record<string, string> = what === 'removes' ? {} : { 'd/further': 'one\ntwo\n' };
    for (const device of [a, b]) {
      expect(await onDisk(device)).toEqual({ d: '/', 'd/file': 'one\n', ...further });
      expect(await inFolder(device)).toEqual(await onDisk(device));
    }
  },
);

test.each(['a new file', 'a moved one'])(
  'what a person saves in the moment in which %s takes the place of its file is kept, with the file',
  async (what) => {
    const [a, b] = await racing({
      async rename(device, to) {
        if (to !== 'file') return false;
        await device.write('file', 'one\ntwo\nby b\n');
        return true;
      },
    });
    const id = b.idOf('file');
    await a.folder.rm('file');
    if (what === 'a new file') await a.folder.writeFile('file', 'one\n');
    else await a.folder.rename('d/file', 'file');
    await settleAll(a, b);
    for (const device of [a, b]) {
      const shown = await onDisk(device);
      const [saved, other] = Object.keys(shown)
        .filter((path) => path.startsWith('file'))
        .sort((one) => (device.idOf(one) === id ? -1 : 1)) as [string, string];
      expect(shown).toMatchObject({ [saved]: 'one\ntwo\nby b\n', [other]: 'one\n' });
      expect(device.idOf(saved)).toBe(id);
      expect(await inFolder(device)).toEqual(shown);
    }
  },
);

test('a file that a program has just emptied when a newer content comes is kept in the trash, and is no save', async () => {
  const [a, b] = await racing({
    async rename(device, to) {
      if (to !== 'file') return false;
      await fs.truncate(device.at('file'));
      return true;
    },
  });
  await a.write('file', 'one\ntwo\nby a\n');
  await settleAll(a, b);
  for (const device of [a, b]) expect(await device.read('file')).toBe('one\ntwo\nby a\n');
  expect(b.events).toContainEqual(expect.objectContaining({ code: 'BYTES_IN_TRASH', path: 'file' }));
});
