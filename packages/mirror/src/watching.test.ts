/** A started mirror: what wakes it, how soon, and what it costs when nothing happens. */
import * as fs from 'node:fs/promises';
import { systemClock } from '@evermesh/core';
import { describe, expect, test, vi } from 'vitest';
import type { FileSystem } from './fs/file-system.ts';
import { nodeFileSystem } from './fs/node-file-system.ts';
import { testDevices } from './testing/devices.ts';
import { FakeWatcher } from './testing/fake-watcher.ts';
import { deliver, exchange, inFolder, onDisk, settleAll, type TestDevice } from './testing/test-device.ts';
import { change, told } from './testing/told.ts';

const devices = testDevices();

describe('with the watcher of the system', () => {
  async function started(device: TestDevice): Promise<void> {
    await device.open({ clock: systemClock });
    device.mirror.start();
    await told(device, ({ type }) => type === 'inStep');
  }

  test('what is done on disk comes into the folder, also in directories made and moved meanwhile', async () => {
    const a = await devices.make();
    await started(a);
    await a.write('file', 'one\n');
    await told(a, change('in', 'created file'));
    await fs.appendFile(a.at('file'), 'two\n');
    await told(a, change('in', 'edited file'));
    await a.write('d/e/deep', 'deep\n');
    await told(a, change('in', 'created d/e/deep'));
    await fs.rename(a.at('d'), a.at('f'));
    await told(a, change('in', 'moved f'));
    await fs.appendFile(a.at('f/e/deep'), 'deeper\n');
    await told(a, change('in', 'edited f/e/deep'));
    await fs.rm(a.at('file'));
    await told(a, change('in', 'removed file'));
    expect(await inFolder(a)).toEqual({ f: '/', 'f/e': '/', 'f/e/deep': 'deep\ndeeper\n' });
  });

  test('what a program writes is written, also if the mirror looks before that is durable', async () => {
    const a = await devices.make();
    await a.write('file', 'one\n');
    await started(a);
    const batch = a.store.batch.bind(a.store);
    let goOn = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (goOn = resolve));
    vi.spyOn(a.store, 'batch').mockImplementation((...given) => waiting.then(() => batch(...given)));
    await a.folder.writeFile('file', 'two\n');
    await a.mirror.idle();
    goOn();
    await told(a, change('out', 'edited file'));
    expect(await a.read('file')).toBe('two\n');
  });

  test('what arrives is written, and directories that the mirror made and moved are watched', async () => {
    const [a, b] = await devices.pair();
    await started(b);
    await a.write('d/e/file', 'one\n');
    await a.settle();
    await deliver(a, b);
    await told(b, change('out', 'created d/e/file'));
    await b.write('d/e/mine', 'mine\n');
    await told(b, change('in', 'created d/e/mine'));
    await exchange(a, b);
    await a.settle();
    await fs.rename(a.at('d'), a.at('moved'));
    await a.settle();
    await deliver(a, b);
    await told(b, change('out', 'moved moved'));
    await fs.appendFile(b.at('moved/e/file'), 'two\n');
    await told(b, change('in', 'edited moved/e/file'));
    await settleAll(a, b);
    expect(await onDisk(a)).toEqual({
      moved: '/',
      'moved/e': '/',
      'moved/e/file': 'one\ntwo\n',
      'moved/e/mine': 'mine\n',
    });
  });

  test('what arrives makes no record, whatever the watcher tells of it', async () => {
    const [a, b] = await devices.pair();
    await started(b);
    for (let i = 0; i < 20; i++) {
      await a.write(`d/${i}`, `${i}\n`);
      await a.write('d/same', `${i}\n`);
      await a.settle();
      await deliver(a, b);
      await told(b, change('out', `created d/${i}`));
    }
    await b.mirror.settle();
    expect(b.records()).toBe(a.records());
    expect(b.changes('in')).toEqual([]);
    expect(await onDisk(b)).toEqual(await onDisk(a));
  });

  test('a root that goes away halts it, and says so', async () => {
    const a = await devices.make();
    await a.write('file', 'text\n');
    await started(a);
    await fs.rename(a.directory, `${a.directory}-away`);
    await told(a, ({ type }) => type === 'halted');
    expect(await inFolder(a)).toEqual({ file: 'text\n' });
    await fs.rename(`${a.directory}-away`, a.directory);
  });
});

describe('with a clock that stands', () => {
  async function started(
    device: TestDevice,
    watcher: FakeWatcher,
    fileSystem: FileSystem = nodeFileSystem,
  ): Promise<void> {
    await device.open({ watcher, fileSystem });
    device.clock.auto = false;
    device.mirror.start();
    await told(device, ({ type }) => type === 'inStep');
  }

  test('in step, it waits for nothing: not one timer', async () => {
    const a = await devices.make();
    await a.write('d/file', 'text\n');
    await started(a, new FakeWatcher());
    expect(a.clock.waiting).toEqual([]);
  });

  test('a directory that the mirror does not list is not watched, and one that is gone no more', async () => {
    const a = await devices.make();
    await a.write('d/e/file', 'text\n');
    await a.write('.git/config', 'x');
    const watcher = new FakeWatcher();
    await started(a, watcher);
    expect([...watcher.watched.keys()].sort()).toEqual(['', 'd', 'd/e']);
    await fs.rename(a.at('d/e'), a.at('e'));
    watcher.events?.dirty('d');
    watcher.events?.dirty('');
    a.clock.pass(2);
    await told(a, change('in', 'moved e'));
    await a.mirror.survey();
    expect([...watcher.watched.keys()].sort()).toEqual(['', 'd', 'e']);
  });

  test('an event leads to a look after 2 ms, and events that come together to one', async () => {
    const a = await devices.make();
    await a.write('file', 'one\n');
    const watcher = new FakeWatcher();
    await started(a, watcher);
    await a.write('file', 'two\n');
    for (let i = 0; i < 5; i++) watcher.events?.dirty('');
    expect(a.clock.waiting).toEqual([2]);
    a.clock.pass(2);
    await told(a, change('in', 'edited file'));
  });

  test('what arrives is written at once, without a timer', async () => {
    const [a, b] = await devices.pair();
    await started(b, new FakeWatcher());
    await a.write('file', 'text\n');
    await a.settle();
    await deliver(a, b);
    await told(b, change('out', 'created file'));
  });

  test('a full table of watches is named, what is not watched is found once a minute, and it heals', async () => {
    const a = await devices.make();
    await a.write('d/file', 'one\n');
    const watcher = new FakeWatcher();
    watcher.full = true;
    await started(a, watcher);
    expect(a.mirror.status().problems).toMatchObject([{ code: 'WATCH_INCOMPLETE', path: 'd' }]);
    expect(a.clock.waiting).toEqual([60_000]);
    await a.write('d/file', 'two\n');
    a.clock.pass(60_000);
    await told(a, change('in', 'edited d/file'));
    watcher.full = false;
    await a.mirror.survey();
    a.clock.pass(60_000);
    await a.mirror.survey();
    await a.mirror.survey();
    expect(a.mirror.status().problems).toEqual([]);
    expect(a.clock.waiting).toEqual([]);
  });

  test('lost events lead to a full look', async () => {
    const a = await devices.make();
    await a.write('d/file', 'one\n');
    const watcher = new FakeWatcher();
    await started(a, watcher);
    await a.write('d/file', 'two\n');
    watcher.events?.trouble('', 'EVENTS_LOST');
    await told(a, change('in', 'edited d/file'));
  });

  test('a failure that may heal is tried again, later and later, until it heals', async () => {
    const [a, b] = await devices.pair();
    let full = false;
    await started(b, new FakeWatcher(), {
      ...nodeFileSystem,
      createFile: (path, content, options) =>
        full
          ? Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }))
          : nodeFileSystem.createFile(path, content, options),
    });
    await a.write('file', 'text\n');
    await a.settle();
    full = true;
    await deliver(a, b);
    await told(b, ({ type }) => type === 'problem');
    for (const wait of [1000, 2000, 4000]) {
      await b.mirror.survey();
      expect(b.clock.waiting).toEqual([wait]);
      b.clock.pass(wait);
    }
    full = false;
    await b.mirror.survey();
    b.clock.pass(8000);
    await told(b, change('out', 'created file'));
    expect(b.mirror.status().problems).toEqual([]);
    await b.mirror.survey();
    expect(b.clock.waiting).toEqual([]);
  });

  test('what could not be written stays a problem while others come and go beside it', async () => {
    const [a, b] = await devices.pair();
    const watcher = new FakeWatcher();
    let full = false;
    await started(b, watcher, {
      ...nodeFileSystem,
      createFile: (path, content, options) =>
        full
          ? Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' }))
          : nodeFileSystem.createFile(path, content, options),
    });
    full = true;
    await a.write('file', 'text\n');
    await a.settle();
    await deliver(a, b);
    await told(b, ({ type }) => type === 'problem');
    await b.write('mine', 'mine\n');
    watcher.events?.dirty('');
    b.clock.pass(2);
    await told(b, change('in', 'created mine'));
    await b.mirror.idle();
    expect(b.mirror.status().problems).toMatchObject([{ path: 'file', code: 'WRITE_FAILED' }]);
    // What is not to be written any more is no problem either.
    await fs.rm(a.at('file'));
    await a.settle();
    await deliver(a, b);
    await b.mirror.idle();
    expect(b.mirror.status().problems).toEqual([]);
  });

  test('a directory that cannot be read is told until it can be, which its parent tells', async () => {
    const a = await devices.make();
    await a.write('closed/file', 'one\n');
    await a.settle();
    await a.closeMirror();
    const watcher = new FakeWatcher();
    let closed = true;
    await started(a, watcher, {
      ...nodeFileSystem,
      list: (path) =>
        closed && path.endsWith('/closed')
          ? Promise.reject(Object.assign(new Error('closed'), { code: 'EACCES' }))
          : nodeFileSystem.list(path),
    });
    await a.write('closed/file', 'two\n');
    await a.write('mine', 'mine\n');
    watcher.events?.dirty('');
    a.clock.pass(2);
    await told(a, change('in', 'created mine'));
    await a.mirror.idle();
    expect(a.mirror.status().problems).toMatchObject([{ path: 'closed', code: 'UNREADABLE' }]);
    closed = false;
    watcher.events?.dirty('');
    a.clock.pass(2);
    await told(a, change('in', 'edited closed/file'));
    await a.mirror.idle();
    expect(a.mirror.status().problems).toEqual([]);
  });

  test('a directory of its own that cannot be used halts it, and says so', async () => {
    const [a, b] = await devices.pair();
    await started(b, new FakeWatcher());
    await fs.rm(b.at('.evermesh/tmp'), { recursive: true });
    await fs.writeFile(b.at('.evermesh/tmp'), 'in the way');
    await a.write('file', 'text\n');
    await a.settle();
    await deliver(a, b);
    await told(b, ({ type }) => type === 'halted');
    expect(b.mirror.halted).toMatchObject({
      code: 'MIRROR_ROOT_INVALID',
      message: expect.stringContaining('.evermesh/tmp') as string,
    });
  });
});

test('survey counts what is to be done in both directions, and does nothing', async () => {
  const [a, b] = await devices.pair();
  await a.write('one', '1\n');
  await settleAll(a, b);
  await a.write('two', '2\n');
  await a.settle();
  await exchange(a, b);
  await b.write('mine', 'm\n');
  await b.write('one', '1 changed\n');
  await fs.utimes(b.at('one'), 1, 1);
  const records = b.records();
  expect(await b.mirror.survey()).toEqual({ toFolder: 2, toDisk: 1 });
  expect(await b.mirror.survey()).toEqual({ toFolder: 2, toDisk: 1 });
  expect(b.records()).toBe(records);
  expect(await onDisk(b)).toEqual({ mine: 'm\n', one: '1 changed\n' });
  await b.settle();
  expect(await b.mirror.survey()).toEqual({ toFolder: 0, toDisk: 0 });
});

test('verify names each difference', async () => {
  const a = await devices.make();
  for (const name of ['content', 'missing', 'kind', 'bit', 'same']) await a.write(name, 'text\n');
  await a.settle();
  await a.write('content', 'other\n');
  await fs.rm(a.at('missing'));
  await fs.rm(a.at('kind'));
  await fs.mkdir(a.at('kind'));
  await fs.chmod(a.at('bit'), 0o755);
  await a.write('new', 'x');
  const found = await a.mirror.verify();
  expect(found.map(({ path, what }) => `${path}: ${what}`)).toEqual([
    'bit: executable differs',
    'content: content differs',
    'kind: kind differs',
    'missing: missing on disk',
    'new: not in the folder',
  ]);
  for (const { detail } of found) expect(detail).not.toBe('');
});
