/** When the mirror does nothing, rather than something nobody meant. */
import { spawnSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { FileSystem } from './fs/file-system.ts';
import { nodeFileSystem } from './fs/node-file-system.ts';
import { leaveDirectory } from './marker.ts';
import { testDevices } from './testing/devices.ts';
import { deliver, exchange, inFolder, onDisk, settleAll, type TestDevice } from './testing/test-device.ts';

const devices = testDevices();

async function settled(): Promise<TestDevice> {
  const a = await devices.make();
  for (let i = 0; i < 90; i++) await a.write(`d${i % 3}/${i}`, `${i}\n`);
  await a.settle();
  return a;
}

/** A disk that lets the marker be opened, and then fails. */
const broke = (disk: FileSystem): FileSystem => ({
  ...disk,
  async openToRead(path) {
    const handle = await disk.openToRead(path);
    if (!path.endsWith('/folder.json')) return handle;
    return {
      ...handle,
      // oxlint-disable-next-line require-yield -- because it fails before it has any.
      async *pieces() {
        throw failure('EIO');
      },
    };
  },
});

describe('the mirror halts, and removes nothing elsewhere', () => {
  const harm: Record<string, (device: TestDevice) => Promise<void>> = {
    'the root was emptied': async ({ directory }) => {
      for (const name of await fs.readdir(directory))
        await fs.rm(`${directory}/${name}`, { recursive: true });
    },
    'the root is gone': ({ directory }) => fs.rename(directory, `${directory}-away`),
    'another directory stands in its place': async ({ directory }) => {
      await fs.rename(directory, `${directory}-away`);
      await fs.mkdir(directory);
    },
    'the marker is gone': ({ directory }) => fs.rm(`${directory}/.evermesh/folder.json`),
    'most of it is gone': async ({ directory }) => {
      for (const name of ['d0', 'd1']) await fs.rm(`${directory}/${name}`, { recursive: true });
    },
  };
  for (const [when, doHarm] of Object.entries(harm)) {
    test(`when ${when}`, async () => {
      const a = await settled();
      const before = await inFolder(a);
      await doHarm(a);
      await expect(a.settle()).rejects.toMatchObject({ code: 'MIRROR_HALTED' });
      expect(a.mirror.halted).toMatchObject({ code: 'MIRROR_HALTED' });
      expect(a.events.at(-1)).toMatchObject({ type: 'halted', code: 'MIRROR_HALTED' });
      expect(a.mirror.status().state).toBe('halted');
      expect(await inFolder(a)).toEqual(before);
      await expect(a.mirror.settle()).rejects.toMatchObject({ code: 'MIRROR_HALTED' });
      await a.closeMirror();
      await fs.rm(`${a.directory}-away`, { recursive: true, force: true });
    });
  }

  test('when the marker cannot be read: it says so, and not that the directory is gone', async () => {
    const a = await settled();
    await a.closeMirror();
    const broken = broke(nodeFileSystem);
    await expect(a.open({ fileSystem: broken })).rejects.toMatchObject({ code: 'MIRROR_ROOT_INVALID' });
    await a.open();
    await a.settle();
    expect(a.mirror.status().problems).toEqual([]);
  });

  test('when the root was emptied while the mirror was away', async () => {
    const a = await settled();
    await a.closeMirror();
    for (const name of await fs.readdir(a.directory)) await fs.rm(a.at(name), { recursive: true });
    await expect(a.open()).rejects.toMatchObject({ code: 'MIRROR_HALTED' });
    expect(await fs.readdir(a.directory)).toEqual([]);
    await fs.rmdir(a.directory);
    await expect(a.open({ create: true })).rejects.toMatchObject({ code: 'MIRROR_HALTED' });
    expect(await nodeFileSystem.lstat(a.directory)).toBeUndefined();
  });
});

test('a directory that lost its marker can join again: it gets back what it lacks', async () => {
  const a = await settled();
  const before = await inFolder(a);
  await a.closeMirror();
  await fs.rm(a.at('.evermesh'), { recursive: true });
  await fs.rm(a.at('d0'), { recursive: true });
  await a.open({ joinAgain: true });
  await a.settle();
  expect(await inFolder(a)).toEqual(before);
  expect(await onDisk(a)).toEqual(before);
});

test('a mass deletion that is meant goes through when it is allowed', async () => {
  const [a, b] = await devices.pair();
  for (let i = 0; i < 60; i++) await a.write(`${i}`, `${i}\n`);
  await settleAll(a, b);
  for (let i = 0; i < 59; i++) await fs.rm(a.at(`${i}`));
  await expect(a.settle()).rejects.toMatchObject({ code: 'MIRROR_HALTED' });
  await a.closeMirror();
  await a.open({ allowMassDeletion: true });
  await settleAll(a, b);
  expect(await onDisk(b)).toEqual({ '59': '59\n' });
});

test('a mass deletion is allowed once, and the next one halts', async () => {
  const a = await devices.make();
  for (let i = 0; i < 120; i++) await a.write(`${i}`, `${i}\n`);
  await a.settle();
  await a.closeMirror();
  await a.open({ allowMassDeletion: true });
  // What nobody has to allow spends nothing.
  await fs.rm(a.at('0'));
  await a.settle();
  a.clock.pass(60_000);
  for (let i = 1; i < 66; i++) await fs.rm(a.at(`${i}`));
  await a.settle();
  expect(Object.keys(await inFolder(a))).toHaveLength(54);
  for (let i = 66; i < 120; i++) await fs.rm(a.at(`${i}`));
  await expect(a.settle()).rejects.toMatchObject({ code: 'MIRROR_HALTED' });
  expect(Object.keys(await inFolder(a))).toHaveLength(54);
});

test('a directory that mirrors another folder is refused', async () => {
  const a = await settled();
  const b = await devices.make();
  await a.closeMirror();
  await expect(b.open({ directory: a.directory })).rejects.toMatchObject({ code: 'MIRROR_HALTED' });
});

test('a directory that was left can join another folder, and only its own folder can leave it', async () => {
  const a = await settled();
  const b = await devices.make();
  const before = await onDisk(a);
  await a.closeMirror();
  await leaveDirectory(a.directory, b.folder.id);
  await expect(b.open({ directory: a.directory })).rejects.toMatchObject({ code: 'MIRROR_HALTED' });
  await leaveDirectory(a.directory, a.folder.id);
  await b.open({ directory: a.directory });
  await b.settle();
  expect(await onDisk(a)).toEqual(before);
  expect(await inFolder(b)).toEqual(before);
});

test('a copy of a mirrored directory joins as new, and nothing is doubled', async () => {
  const [a, b] = await devices.pair();
  await a.write('file', 'text\n');
  await a.settle();
  await exchange(a, b);
  await fs.cp(a.directory, b.directory, { recursive: true });
  await fs.rm(b.at('.evermesh/lock'));
  await settleAll(a, b);
  expect(await onDisk(b)).toEqual({ file: 'text\n' });
  expect(await onDisk(a)).toEqual({ file: 'text\n' });
});

describe('the lock', () => {
  test('lets one mirror at a time work on a directory, and is given back', async () => {
    const a = await settled();
    const b = await devices.make(a.folder.id);
    await expect(b.open({ directory: a.directory })).rejects.toMatchObject({ code: 'MIRROR_LOCKED' });
    await a.closeMirror();
    await a.open();
    expect(await a.settle()).toBe(0);
  });

  test('of a process that is gone is void, also when its number is this one', async () => {
    const a = await settled();
    await a.closeMirror();
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    for (const holder of [`${pid} 0011223344556677`, `${process.pid} 0011223344556677`, '', 'nonsense']) {
      await a.write('.evermesh/lock', holder);
      await a.open();
      await a.closeMirror();
    }
  });

  test.runIf(process.platform === 'linux')(
    'of a process whose number another one has by now is void: of another boot, or of another start',
    async () => {
      const a = await settled();
      const [identity] = (await fs.readFile(a.at('.evermesh/lock'), 'utf8')).split(' ');
      const [, boot] = (identity as string).split(':');
      await a.closeMirror();
      for (const holder of [`${process.ppid}:before:`, `${process.ppid}:${boot}:1`]) {
        await a.write('.evermesh/lock', `${holder} 0011223344556677\n`);
        await a.open();
        await a.closeMirror();
      }
      await a.write('.evermesh/lock', `${process.ppid}:${boot}: 0011223344556677\n`);
      await expect(a.open()).rejects.toMatchObject({ code: 'MIRROR_LOCKED' });
    },
  );

  test('of a living process holds', async () => {
    const a = await settled();
    await a.closeMirror();
    await a.write('.evermesh/lock', `${process.ppid} 0011223344556677\n`);
    await expect(a.open()).rejects.toMatchObject({
      code: 'MIRROR_LOCKED',
      details: { processId: process.ppid },
    });
  });
});

test('what is no directory, or is not there, cannot be mirrored; it is made when asked for', async () => {
  const a = await devices.make();
  await a.write('file', '');
  await expect(a.open({ directory: a.at('file') })).rejects.toMatchObject({ code: 'MIRROR_ROOT_INVALID' });
  await expect(a.open({ directory: a.at('no/such') })).rejects.toMatchObject({ code: 'MIRROR_ROOT_INVALID' });
  await expect(a.open({ directory: 'relative' })).rejects.toThrow(TypeError);
  const mirror = await a.open({ directory: a.at('no/such'), create: true });
  expect(mirror.directory).toBe(a.at('no/such'));
  expect(await mirror.settle()).toBe(0);
});

test('a directory that cannot be read is named, and nothing in it counts as deleted', async () => {
  const [a, b] = await devices.pair();
  await a.write('closed/file', 'text\n');
  await a.write('open', 'text\n');
  await settleAll(a, b);
  await a.closeMirror();
  let closed = true;
  await a.open({
    fileSystem: {
      ...nodeFileSystem,
      list: (path) =>
        closed && path.endsWith('/closed') ? Promise.reject(failure('EACCES')) : nodeFileSystem.list(path),
    },
  });
  await a.write('open', 'other\n');
  await settleAll(a, b);
  expect(await onDisk(b)).toEqual({ closed: '/', 'closed/file': 'text\n', open: 'other\n' });
  expect(a.mirror.status().problems).toMatchObject([{ path: 'closed', code: 'UNREADABLE' }]);
  expect(await a.mirror.verify()).toMatchObject([{ path: 'closed', what: 'unreadable' }]);
  closed = false;
  await a.settle();
  expect(a.mirror.status().problems).toEqual([]);
});

test('a file that was moved in a directory that cannot be read is itself, although it was removed elsewhere meanwhile', async () => {
  const [a, b] = await devices.pair();
  const c = await devices.make(a.folder.id);
  await exchange(a, c);
  await a.write('closed/file', 'text\n');
  await a.write('closed/other', 'other\n');
  await settleAll(a, b, c);
  const id = b.idOf('closed/file');
  await b.closeMirror();
  let closed = true;
  await b.open({
    fileSystem: {
      ...nodeFileSystem,
      list: (path) =>
        closed && path.endsWith('/closed') ? Promise.reject(failure('EACCES')) : nodeFileSystem.list(path),
    },
  });
  await fs.rename(b.at('closed/file'), b.at('closed/moved'));
  await a.folder.rm('closed/file');
  await deliver(a, b);
  await b.settle();
  // Somebody else had not seen that it was removed, either.
  await c.folder.rename('closed/file', 'file');
  await deliver(c, b);
  await b.settle();
  closed = false;
  await settleAll(a, b, c);
  const expected = { closed: '/', 'closed/moved': 'text\n', 'closed/other': 'other\n' };
  for (const device of [a, b, c]) expect(await onDisk(device)).toEqual(expected);
  expect(b.idOf('closed/moved')).toBe(id);
});

test('what takes no part hides nothing that is missed, once it was out of sight', async () => {
  const [a, b] = await devices.pair();
  await a.write('.evermeshignore', 'build\n');
  await a.write('file', 'text\n');
  await settleAll(a, b);
  await b.write('build/out', 'made\n');
  await b.closeMirror();
  let failing = true;
  await b.open({
    fileSystem: {
      ...nodeFileSystem,
      list: async (path) => {
        const listing = await nodeFileSystem.list(path);
        const entries = listing.entries.filter(({ name }) => !failing || name !== 'build');
        const failed = failing && path === b.directory ? [{ name: 'build', code: 'EIO' }] : [];
        return { ...listing, entries, failed };
      },
    },
  });
  await fs.rm(b.at('file'));
  await b.settle();
  await a.folder.rename('file', 'renamed');
  await deliver(a, b);
  await b.settle();
  failing = false;
  await settleAll(a, b);
  for (const device of [a, b]) expect(await onDisk(device)).toMatchObject({ renamed: 'text\n' });
});

test('another file system begins at a directory of another device; files tell nothing, as in a container', async () => {
  const [a, b] = await devices.pair();
  await a.write('kept/file', 'one\n');
  await a.write('mounted/file', 'one\n');
  await settleAll(a, b);
  await a.closeMirror();
  await a.open({
    fileSystem: {
      ...nodeFileSystem,
      list: async (path) => {
        const listing = await nodeFileSystem.list(path);
        const entries = listing.entries.map(({ name, stat }) => {
          const isElsewhere = stat.kind === 'file' || name === 'mounted';
          return { name, stat: isElsewhere ? { ...stat, device: stat.device + 1n } : stat };
        });
        return { ...listing, entries };
      },
    },
  });
  await a.write('kept/file', 'two\n');
  await fs.rm(a.at('mounted/file'));
  await settleAll(a, b);
  expect(await onDisk(b)).toMatchObject({ 'kept/file': 'two\n', 'mounted/file': 'one\n' });
  expect(a.mirror.status().problems).toMatchObject([{ path: 'mounted', code: 'OTHER_FILE_SYSTEM' }]);
});

test('a file that cannot be read keeps its content in the folder, and is taken when it can be', async () => {
  const a = await devices.make();
  await a.write('file', 'one\n');
  await a.settle();
  await a.closeMirror();
  let closed = true;
  await a.open({
    fileSystem: {
      ...nodeFileSystem,
      readStart: (path, limit) =>
        closed && path.endsWith('/file')
          ? Promise.reject(failure('EACCES'))
          : nodeFileSystem.readStart(path, limit),
    },
  });
  await a.write('file', 'two\n');
  await a.settle();
  expect(await a.folder.readFile('file', 'utf8')).toBe('one\n');
  expect(a.mirror.status().problems).toMatchObject([{ path: 'file', code: 'UNREADABLE' }]);
  closed = false;
  await a.settle();
  expect(await a.folder.readFile('file', 'utf8')).toBe('two\n');
  expect(a.mirror.status().problems).toEqual([]);
});

test('a full disk names the path, keeps the old content, and heals', async () => {
  const [a, b] = await devices.pair();
  await a.write('file', 'old\n');
  await settleAll(a, b);
  await b.closeMirror();
  let full = false;
  await b.open({
    fileSystem: {
      ...nodeFileSystem,
      createFile(path, content, options) {
        async function* untilFull(): AsyncGenerator<Uint8Array> {
          if (full) throw failure('ENOSPC');
          yield* content;
        }
        return nodeFileSystem.createFile(path, untilFull(), options);
      },
    },
  });
  await a.write('file', 'new\n');
  await a.settle();
  await exchange(a, b);
  full = true;
  await b.settle();
  expect(await b.read('file')).toBe('old\n');
  expect(b.mirror.status().problems).toMatchObject([
    { path: 'file', code: 'WRITE_FAILED', next: 'Make room on the disk.' },
  ]);
  expect(await fs.readdir(b.at('.evermesh/tmp'))).toEqual([]);
  full = false;
  await b.settle();
  expect(await b.read('file')).toBe('new\n');
  expect(b.mirror.status().problems).toEqual([]);
});

test('a file that is empty after a crash, with the times that were recorded, is damaged and not edited', async () => {
  const [a, b] = await devices.pair();
  await a.write('file', 'precious\n');
  await a.write('other', 'text\n');
  await settleAll(a, b);
  const { atime, mtime } = await fs.stat(b.at('file'));
  await b.crash();
  await fs.truncate(b.at('file'), 0);
  await fs.utimes(b.at('file'), atime, mtime);
  await settleAll(a, b);
  expect(await a.read('file')).toBe('precious\n');
  expect(await b.read('file')).toBe('precious\n');
  expect(b.changes('in')).toEqual([]);
  expect(b.events).toContainEqual(
    expect.objectContaining({ type: 'problem', code: 'FILE_DAMAGED', path: 'file' }),
  );
});

test('while the folder has not arrived, nothing is done, and the state says so', async () => {
  const a = await devices.make();
  const b = await devices.make(a.folder.id);
  await b.write('file', 'text\n');
  expect(await b.settle()).toBe(0);
  expect(b.mirror.status().state).toBe('waiting');
  await exchange(a, b);
  expect(await b.settle()).toBe(1);
});

test('an aborted settle rejects with its reason, and the next one does what was left', async () => {
  const a = await devices.make();
  await a.write('file', 'text\n');
  await a.open();
  const reason = new Error('enough');
  await expect(a.mirror.settle({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  expect(a.mirror.halted).toBeUndefined();
  expect(await a.settle()).toBe(1);
});

test('a closed mirror refuses, and closing twice is one closing', async () => {
  const a = await settled();
  const { mirror } = a;
  await Promise.all([mirror.close(), mirror.close()]);
  expect(mirror.status().state).toBe('closed');
  await expect(mirror.settle()).rejects.toMatchObject({ code: 'STORE_CLOSED' });
});

const failure = (code: string): Error => Object.assign(new Error(code), { code });
