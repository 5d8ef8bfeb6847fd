/** Two saves of one size within one tick of a file system's clock: the second is seen by its content. */
import * as fs from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { FileStat, FileSystem } from './fs/file-system.ts';
import { nodeFileSystem } from './fs/node-file-system.ts';
import type { Watcher } from './fs/watcher.ts';
import { isRacy } from './racy.ts';
import { testDevices } from './testing/devices.ts';
import { deliver, inFolder, onDisk, settleAll, type TestDevice } from './testing/test-device.ts';

const devices = testDevices();

const SILENT: Watcher = {
  start: () => undefined,
  watch: () => undefined,
  retain: () => undefined,
  close: () => undefined,
};

/** A file system whose clock stands at the moment at which the device's clock began. */
function oneTick(device: TestDevice, opened: (path: string) => void = () => undefined): FileSystem {
  const time = BigInt(device.clock.now()) * 1_000_000n;
  const timed = (stat: FileStat): FileStat => ({ ...stat, mtime: time, ctime: time });
  const real = nodeFileSystem;
  return {
    ...real,
    async lstat(path) {
      const stat = await real.lstat(path);
      return stat && timed(stat);
    },
    async list(path) {
      const listing = await real.list(path);
      return { ...listing, entries: listing.entries.map(({ name, stat }) => ({ name, stat: timed(stat) })) };
    },
    async readStart(path, limit) {
      opened(path);
      const { bytes, stat } = await real.readStart(path, limit);
      return { bytes, stat: timed(stat) };
    },
    async openToRead(path) {
      opened(path);
      const handle = await real.openToRead(path);
      return { ...handle, stat: async () => timed(await handle.stat()) };
    },
    createFile: async (...file) => timed(await real.createFile(...file)),
  };
}

test('a save of the same size in the same tick is taken', async () => {
  const a = await devices.make();
  await a.open({ fileSystem: oneTick(a) });
  await a.write('file', 'one\n');
  await a.settle();
  await a.write('file', 'two\n');
  await a.settle();
  expect(await inFolder(a)).toEqual({ file: 'two\n' });
});

test('it is also taken by the next run', async () => {
  const a = await devices.make();
  const fileSystem = oneTick(a);
  await a.open({ fileSystem });
  await a.write('file', 'one\n');
  await a.settle();
  await a.closeMirror();
  await a.write('file', 'two\n');
  await a.open({ fileSystem });
  expect(await a.mirror.survey()).toEqual({ toFolder: 1, toDisk: 0 });
  await a.settle();
  expect(await inFolder(a)).toEqual({ file: 'two\n' });
});

test('what was looked at after the tick is not read again', async () => {
  const a = await devices.make();
  const read: string[] = [];
  await a.open({ fileSystem: oneTick(a, (path) => path.endsWith('/file') && read.push(path)) });
  await a.write('file', 'one\n');
  await a.settle();
  a.clock.pass(3000);
  await a.settle();
  expect(read).toHaveLength(2);
  expect(await a.settle()).toBe(0);
  expect(read).toHaveLength(2);
});

describe('a save that no watcher tells of, in the tick in which the mirror wrote the file,', () => {
  /** Of the same size. */
  async function saved(): Promise<[TestDevice, TestDevice]> {
    const [a, b] = await devices.pair();
    await b.open({ fileSystem: oneTick(b), watcher: SILENT });
    await a.write('file', 'one\ntwo\n');
    await settleAll(a, b);
    b.mirror.start();
    await b.mirror.idle();
    await b.write('file', 'ONE\ntwo\n');
    return [a, b];
  }

  test('is merged with the content that comes next', async () => {
    const [a, b] = await saved();
    await a.write('file', 'one\nTWO\n');
    await a.settle();
    await deliver(a, b);
    await b.mirror.idle();
    await settleAll(a, b);
    for (const device of [a, b]) expect(await onDisk(device)).toEqual({ file: 'ONE\nTWO\n' });
  });

  test('brings the file back that was removed elsewhere', async () => {
    const [a, b] = await saved();
    const id = b.idOf('file');
    await fs.rm(a.at('file'));
    await a.settle();
    await deliver(a, b);
    await b.mirror.idle();
    await settleAll(a, b);
    for (const device of [a, b]) expect(await onDisk(device)).toEqual({ file: 'ONE\ntwo\n' });
    expect(a.idOf('file')).toBe(id);
  });
});

const MS = 1_000_000n;

test.each([
  ['in the moment of the change', 5n * MS, 5n * MS, 5, true],
  ['in the same tick', 5n * MS, 5n * MS, 15, true],
  ['after the tick', 5n * MS, 5n * MS, 17, false],
  ['moved a moment ago, and written before', 5n * MS, 999n * MS, 1000, false],
  ['within two whole seconds', 4000n * MS, 4000n * MS, 5999, true],
  ['after two whole seconds', 4000n * MS, 4000n * MS, 6000, false],
  ['given a whole second by a program', 4000n * MS, 4321n * MS, 4500, false],
  ['of a clock that is ahead', 9000n * MS, 9000n * MS, 1, true],
])('what is known %s', (_, mtime, ctime, knownAt, racy) => {
  expect(isRacy({ mtime, ctime }, knownAt)).toBe(racy);
});
