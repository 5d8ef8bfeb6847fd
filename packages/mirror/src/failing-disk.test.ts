/** A disk some calls of which fail for a while: what they were part of is done later, and looks like nobody's work meanwhile. */
import * as fs from 'node:fs/promises';
import type { NodeId } from '@evermesh/core';
import { describe, expect, test } from 'vitest';
import type { FileSystem } from './fs/file-system.ts';
import { nodeFileSystem } from './fs/node-file-system.ts';
import { testDevices } from './testing/devices.ts';
import { FakeWatcher } from './testing/fake-watcher.ts';
import { exchange, inFolder, onDisk, settleAll, type TestDevice } from './testing/test-device.ts';

const devices = testDevices();

/** A pair in step, and what makes renames of the second one fail: those from or to a path like this. */
async function failing(
  files: Record<string, string>,
  different: Partial<FileSystem> = {},
): Promise<{
  a: TestDevice;
  b: TestDevice;
  /** Renames that were tried. */
  tried: readonly string[];
  watcher: FakeWatcher;
  fail: (path: RegExp | undefined) => void;
}> {
  const [a, b] = await devices.pair();
  let failed: RegExp | undefined;
  const tried: string[] = [];
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    ...different,
    async rename(from, to) {
      tried.push(`${from} ${to}`);
      for (const path of [from, to])
        if (failed?.test(path.slice(b.directory.length + 1)) === true)
          throw Object.assign(new Error(`EIO: ${path}`), { code: 'EIO' });
      await nodeFileSystem.rename(from, to);
    },
  };
  const watcher = new FakeWatcher();
  await b.open({ fileSystem, watcher });
  for (const [path, content] of Object.entries(files)) await a.write(path, content);
  await settleAll(a, b);
  return {
    a,
    b,
    tried,
    watcher,
    fail: (path) => {
      failed = path;
    },
  };
}

test('a file that cannot leave its old name does not get a second one', async () => {
  const { a, b, fail } = await failing({ old: 'text\n' });
  fail(/^\.evermesh\/tmp\//);
  await a.folder.rename('old', 'new');
  await exchange(a, b);
  await b.settle();
  expect(await onDisk(b)).toEqual({ old: 'text\n' });
  expect(b.mirror.status().problems).toMatchObject([{ path: 'new', code: 'WRITE_FAILED' }]);
  fail(undefined);
  await settleAll(a, b);
  for (const device of [a, b]) {
    expect(await onDisk(device)).toEqual({ new: 'text\n' });
    expect(await inFolder(device)).toEqual({ new: 'text\n' });
  }
});

test('the second name of a file that could not leave the old one does not come back with a power cut', async () => {
  const [a, b] = await devices.pair();
  await a.write('old', 'text\n');
  await settleAll(a, b);
  let isUnsynced = false;
  await b.closeMirror();
  await b.open({
    fileSystem: {
      ...nodeFileSystem,
      async rename(_from, to) {
        throw Object.assign(new Error(`EROFS: ${to}`), { code: 'EROFS' });
      },
      async unlinkIf(path, inode) {
        isUnsynced = await nodeFileSystem.unlinkIf(path, inode);
        return isUnsynced;
      },
      async syncDirectory(path) {
        await nodeFileSystem.syncDirectory(path);
        isUnsynced &&= path !== b.directory;
      },
    },
  });
  await a.folder.rename('old', 'new');
  await exchange(a, b);
  await b.settle();
  await b.crash();
  expect(await onDisk(b)).toEqual({ old: 'text\n' });
  if (isUnsynced) await fs.link(b.at('old'), b.at('new'));
  await settleAll(a, b);
  for (const device of [a, b]) expect(await onDisk(device)).toEqual({ new: 'text\n' });
});

test.each([
  ['old', 'when it cannot'],
  ['new', 'when it cannot'],
  ['new', 'before it loses that again'],
] as const)(
  'a save over the %s name of a file that cannot leave the old one is one of that file (%s)',
  async (saved, when) => {
    const [a, b] = await devices.pair();
    await a.write('old', 'one\n');
    await settleAll(a, b);
    const id = a.idOf('old');
    let isFailing = true;
    // As many editors do: beside it, and in its place.
    const save = async (): Promise<void> => {
      await b.write('.evermesh/beside', 'one\ntwo\n');
      await fs.rename(b.at('.evermesh/beside'), b.at(saved));
    };
    await b.closeMirror();
    await b.open({
      fileSystem: {
        ...nodeFileSystem,
        async rename(from, to) {
          if (!isFailing || !to.startsWith(b.at('.evermesh/'))) return nodeFileSystem.rename(from, to);
          if (when === 'when it cannot') await save();
          throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
        },
        async unlinkIf(path, inode) {
          if (isFailing && when !== 'when it cannot') await save();
          return nodeFileSystem.unlinkIf(path, inode);
        },
      },
    });
    await a.folder.rename('old', 'new');
    await exchange(a, b);
    await b.settle();
    isFailing = false;
    await settleAll(a, b);
    for (const device of [a, b]) {
      expect(await onDisk(device)).toEqual({ new: 'one\ntwo\n' });
      expect(device.idOf('new')).toBe(id);
    }
  },
);

test('a save over a file in the moment in which it is about to get a second name, and cannot lose the first, is there once', async () => {
  const [a, b] = await devices.pair();
  await a.write('old', 'one\n');
  await settleAll(a, b);
  let isFailing = true;
  await b.closeMirror();
  await b.open({
    fileSystem: {
      ...nodeFileSystem,
      async link(from, to) {
        if (isFailing && to.endsWith('/new')) {
          await b.write('.evermesh/beside', 'one\ntwo\n');
          await fs.rename(b.at('.evermesh/beside'), b.at('old'));
        }
        await nodeFileSystem.link(from, to);
      },
      async rename(from, to) {
        if (isFailing) throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
        await nodeFileSystem.rename(from, to);
      },
    },
  });
  await a.folder.rename('old', 'new');
  await exchange(a, b);
  await b.settle();
  isFailing = false;
  await settleAll(a, b);
  for (const device of [a, b]) expect(await onDisk(device)).toEqual({ new: 'one\ntwo\n' });
});

test('what cannot be put into the trash waits for the next start, and what took its place is known', async () => {
  const [a, b] = await devices.pair();
  await a.write('file', 'old\n');
  await settleAll(a, b);
  let isFailing = true;
  await b.closeMirror();
  await b.open({
    fileSystem: {
      ...nodeFileSystem,
      async rename(from, to) {
        if (isFailing && to.includes('/.evermesh/trash/'))
          throw Object.assign(new Error('EACCES'), { code: 'EACCES' });
        await nodeFileSystem.rename(from, to);
      },
    },
  });
  await a.folder.rm('file');
  await a.folder.writeFile('file', 'new\n');
  await exchange(a, b);
  await b.settle();
  expect(await onDisk(b)).toEqual({ file: 'new\n' });
  expect(b.events).toContainEqual(expect.objectContaining({ type: 'problem', code: 'WRITE_FAILED' }));
  isFailing = false;
  await b.closeMirror();
  await b.crash();
  await b.write('file', 'new\nand by b\n');
  await settleAll(a, b);
  for (const device of [a, b]) expect(await onDisk(device)).toEqual({ file: 'new\nand by b\n' });
  expect(await fs.readdir(b.at('.evermesh/tmp'))).toEqual([]);
});

test('what was put aside, has its name again, and could not lose the one aside, is one file', async () => {
  const [a, b] = await devices.pair();
  await a.write('file', 'one\n');
  await settleAll(a, b);
  const id = a.idOf('file');
  await b.closeMirror();
  let isBroken = false;
  const inTemporaries = (path: string): boolean => isBroken && path.includes('/.evermesh/tmp/');
  const fail = (): Promise<never> => Promise.reject(Object.assign(new Error('EIO'), { code: 'EIO' }));
  await b.open({
    fileSystem: {
      ...nodeFileSystem,
      async rename(from, to) {
        isBroken ||= to.includes('/.evermesh/trash/');
        return inTemporaries(from) ? fail() : nodeFileSystem.rename(from, to);
      },
      unlink: (path) => (inTemporaries(path) ? fail() : nodeFileSystem.unlink(path)),
    },
  });
  await a.folder.rm('file');
  await exchange(a, b);
  await b.settle().catch(() => undefined);
  expect(await fs.readdir(b.at('.evermesh/tmp'))).toContain(id);
  expect(Object.keys(await onDisk(b))).toEqual(['file']);
  await b.crash();
  await a.folder.nodes.apply([{ type: 'restore', id: id as NodeId }]);
  await a.write('file', 'one\ntwo\n');
  await settleAll(a, b);
  for (const device of [a, b]) {
    expect(await onDisk(device)).toEqual({ file: 'one\ntwo\n' });
    expect(await inFolder(device)).toEqual({ file: 'one\ntwo\n' });
    expect(device.idOf('file')).toBe(id);
  }
});

test('what a start could not put away goes to the trash when something of its name is put aside', async () => {
  const [a, b] = await devices.pair();
  await a.write('file', 'one\n');
  await settleAll(a, b);
  const left = `.evermesh/tmp/${String(b.idOf('file'))}`;
  await b.write(left, 'left\n');
  await a.folder.rm('file');
  await settleAll(a, b);
  expect(await onDisk(b)).toEqual({});
  const kept = await fs.readdir(b.at('.evermesh/trash'), { recursive: true });
  const files = kept.filter((path) => /unfinished\/./.test(path));
  expect(await Promise.all(files.map((path) => b.read(`.evermesh/trash/${path}`)))).toEqual(['left\n']);
});

describe('a save in the moment in which its file goes to the trash comes back', () => {
  /** The save happens with the file's first rename, to wherever: its program has the file open. */
  async function savedAsItGoes(
    different: (b: TestDevice, hasGone: () => boolean) => Partial<FileSystem>,
  ): Promise<TestDevice[]> {
    const [a, b] = await devices.pair();
    await a.write('file', 'one\n');
    await settleAll(a, b);
    await b.closeMirror();
    const program = await fs.open(b.at('file'), 'r+');
    let hasGone = false;
    const fileSystem = { ...nodeFileSystem, ...different(b, () => hasGone) };
    await b.open({
      fileSystem: {
        ...fileSystem,
        async rename(from, to) {
          await fileSystem.rename(from, to);
          if (from !== b.at('file')) return;
          hasGone = true;
          await program.write('one\ntwo\n', 0);
          await program.close();
        },
      },
    });
    await a.folder.rm('file');
    await exchange(a, b);
    await b.settle().catch(() => undefined);
    expect(hasGone).toBe(true);
    return [a, b];
  }

  const fail = (): never => {
    throw Object.assign(new Error('EIO'), { code: 'EIO' });
  };

  async function expectSave([a, b]: TestDevice[]): Promise<void> {
    for (const device of [a, b] as [TestDevice, TestDevice]) {
      expect(await onDisk(device)).toEqual({ file: 'one\ntwo\n' });
      expect(await inFolder(device)).toEqual({ file: 'one\ntwo\n' });
    }
  }

  test('whatever else cannot be written to', async () => {
    const saved = await savedAsItGoes(() => ({
      rename: (from, to) => (to.includes('/trash/') ? fail() : nodeFileSystem.rename(from, to)),
    }));
    await settleAll(...saved);
    await expectSave(saved);
  });

  test('also if what went cannot be looked at for a moment', async () => {
    let looks = 0;
    const saved = await savedAsItGoes((b, hasGone) => ({
      lstat: async (path) =>
        hasGone() && path.startsWith(b.at('.evermesh/t')) && ++looks === 1
          ? fail()
          : nodeFileSystem.lstat(path),
    }));
    await settleAll(...saved);
    expect(looks).toBeGreaterThan(0);
    await expectSave(saved);
  });

  test('also if the mirror dies before it has looked at it', async () => {
    const saved = await savedAsItGoes((b, hasGone) => ({
      lstat: async (path) => {
        if (hasGone()) {
          b.fuse.blowAfter(0);
          b.fuse.step('look');
        }
        return nodeFileSystem.lstat(path);
      },
    }));
    await saved[1]?.crash();
    await settleAll(...saved);
    await expectSave(saved);
  });
});

test('what the mirror itself changed of a file that it could not move is no reason to try again at once', async () => {
  const { a, b, fail, tried, watcher } = await failing({ old: 'text\n' });
  b.mirror.start();
  await b.mirror.idle();
  b.clock.auto = false;
  fail(/^\.evermesh\/tmp\//);
  await a.folder.rename('old', 'new');
  await exchange(a, b);
  await b.mirror.idle();
  const before = tried.length;
  expect(before).toBeGreaterThan(0);
  for (let look = 0; look < 3; look++) {
    watcher.events?.dirty('');
    b.clock.pass(10);
    await b.mirror.idle();
  }
  expect(tried.length).toBe(before);
});

test('a file that cannot get its name spelled otherwise is not taken for removed', async () => {
  // As a file system that takes names for one that differ in case only: `Name` leads to `name`.
  const lstat: FileSystem['lstat'] = async (path) =>
    (await nodeFileSystem.lstat(path)) ?? nodeFileSystem.lstat(path.replace(/\/Name$/, '/name'));
  const { a, b, fail } = await failing({ name: 'text\n' }, { lstat });
  fail(/^Name$/);
  await a.folder.rename('name', 'Name');
  await exchange(a, b);
  await b.settle();
  expect(await onDisk(b)).toEqual({ name: 'text\n' });
  fail(undefined);
  await settleAll(a, b);
  for (const device of [a, b]) expect(await inFolder(device)).toEqual({ Name: 'text\n' });
  expect(await onDisk(b)).toEqual({ Name: 'text\n' });
});

/** A file of the second device that nobody can look at while it is hidden. */
function hiding(path: string): { readonly fileSystem: FileSystem; isHidden: boolean } {
  const disk = {
    isHidden: true,
    fileSystem: {
      ...nodeFileSystem,
      async lstat(asked: string) {
        if (disk.isHidden && asked.endsWith(`/${path}`))
          throw Object.assign(new Error('EIO'), { code: 'EIO' });
        return nodeFileSystem.lstat(asked);
      },
      async list(directory: string) {
        const { entries, failed, unnameable } = await nodeFileSystem.list(directory);
        const is = ({ name }: { readonly name: string }): boolean =>
          disk.isHidden && `${directory}/${name}`.endsWith(`/${path}`);
        return {
          unnameable,
          entries: entries.filter((entry) => !is(entry)),
          failed: [...failed, ...entries.filter(is).map(({ name }) => ({ name, code: 'EIO' }))],
        };
      },
    },
  };
  return disk;
}

test('a file that was written to where nobody can look is known there', async () => {
  const [a, b] = await devices.pair();
  await settleAll(a, b);
  const disk = hiding('new');
  await b.closeMirror();
  await b.open({ fileSystem: disk.fileSystem });
  await a.write('new', 'one\n');
  await settleAll(a, b);
  const id = a.idOf('new');
  expect(await onDisk(b)).toEqual({ new: 'one\n' });
  expect(await inFolder(b)).toEqual({ new: 'one\n' });
  disk.isHidden = false;
  await fs.rename(b.at('new'), b.at('moved on'));
  await settleAll(a, b);
  for (const device of [a, b]) {
    expect(await inFolder(device)).toEqual({ 'moved on': 'one\n' });
    expect(device.idOf('moved on')).toBe(id);
  }
});

test('a file that nobody can look at is still in its directory when that becomes another one', async () => {
  const [a, b] = await devices.pair();
  await a.write('c/hidden', 'hidden\n');
  await a.write('file', 'file\n');
  await settleAll(a, b);
  const disk = hiding('c/hidden');
  await b.closeMirror();
  await b.open({ fileSystem: disk.fileSystem });
  await fs.rename(a.at('c/hidden'), a.at('hidden'));
  await fs.rmdir(a.at('c'));
  await a.settle();
  await fs.mkdir(a.at('c'));
  await a.settle();
  await exchange(a, b);
  await fs.rename(b.at('file'), b.at('c/file'));
  await settleAll(a, b);
  disk.isHidden = false;
  await settleAll(a, b);
  const expected = { c: '/', 'c/file': 'file\n', hidden: 'hidden\n' };
  for (const device of [a, b]) expect(await onDisk(device)).toEqual(expected);
});

test('a directory in whose place a link to nowhere comes, while what left it is taken in, halts nothing', async () => {
  const [a, b] = await devices.pair();
  await b.write('d/e/file', 'one\n');
  await settleAll(a, b);
  await b.closeMirror();
  await b.open({
    fileSystem: {
      ...nodeFileSystem,
      async syncDirectory(path) {
        if (path.endsWith('/d/e')) {
          await fs.rm(b.at('d'), { recursive: true, force: true });
          await fs.symlink('d', b.at('d'));
        }
        return nodeFileSystem.syncDirectory(path);
      },
    },
  });
  await fs.rename(b.at('d/e/file'), b.at('file'));
  await settleAll(a, b);
  for (const device of [a, b]) expect(await onDisk(device)).toEqual({ d: '-> d', file: 'one\n' });
});

test('a mirror whose lock cannot be read or removed any more closes, and the next one takes the directory', async () => {
  const [a, b] = await devices.pair();
  for (const call of ['openToRead', 'unlink'] as const) {
    const fileSystem: FileSystem = {
      ...nodeFileSystem,
      [call]: (path: string) =>
        path.endsWith('/lock')
          ? Promise.reject(Object.assign(new Error(`EIO: ${path}`), { code: 'EIO' }))
          : nodeFileSystem[call](path),
    };
    await b.open({ fileSystem });
    await b.settle();
    await b.closeMirror();
    expect(await b.read('.evermesh/lock')).not.toBe('');
    await b.open();
    await a.write('file', `after ${call}\n`);
    await settleAll(a, b);
    expect(await onDisk(b)).toEqual({ file: `after ${call}\n` });
    await b.closeMirror();
  }
});
