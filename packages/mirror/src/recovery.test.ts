/** What the first cycle after an unclean end does, and what it leaves alone. */
import * as fs from 'node:fs/promises';
import { type Clock, systemClock } from '@evermesh/core';
import { describe, expect, test } from 'vitest';
import type { FileSystem } from './fs/file-system.ts';
import { nodeFileSystem } from './fs/node-file-system.ts';
import type { Watcher, WatcherEvents } from './fs/watcher.ts';
import type { MirrorEvent } from './mirror-event.ts';
import { closing } from './testing/closing.ts';
import { testDevices } from './testing/devices.ts';
import { deliver, exchange, inFolder, onDisk, settleAll, type TestDevice } from './testing/test-device.ts';

const devices = testDevices();

const failure = (code: string): Error => Object.assign(new Error(code), { code });

/** Everything below the directory but the lock, our own included. */
async function everything(device: TestDevice): Promise<string[]> {
  const found: string[] = [];
  for (const path of (await fs.readdir(device.directory, { recursive: true })).sort()) {
    const stat = await fs.lstat(device.at(path));
    if (path !== '.evermesh/lock') found.push(`${path} ${stat.isFile() ? await device.read(path) : ''}`);
  }
  return found;
}

/** As after a power cut: the content is lost, and the times are not. */
async function emptied(device: TestDevice, path: string): Promise<void> {
  const { atime, mtime } = await fs.stat(device.at(path));
  await fs.truncate(device.at(path));
  await fs.utimes(device.at(path), atime, mtime);
}

/** Devices of which the second dies when it has put the edit of `closed/file` in its place, and did not say so yet. */
async function diedWriting(): Promise<[TestDevice, TestDevice]> {
  const begin = async (): Promise<[TestDevice, TestDevice]> => {
    const [a, b] = await devices.pair();
    for (const name of ['closed/file', 'damaged', 'mine']) await a.write(name, `${name}\n`);
    await settleAll(a, b);
    await a.write('closed/file', 'arrived\n');
    await a.settle();
    await deliver(a, b);
    return [a, b];
  };
  const [, trial] = await begin();
  trial.fuse.blowAfter(Infinity);
  await trial.settle();
  const placed = trial.fuse.steps.findIndex((step) => /^rename .*closed\/file$/.test(step));
  const [a, b] = await begin();
  b.fuse.blowAfter(placed + 1);
  await b.settle().catch(() => undefined);
  await b.crash();
  expect(await b.read('closed/file')).toBe('arrived\n');
  return [a, b];
}

describe('after a crash', () => {
  test('a look that changes nothing moves no file, and takes the work of the crashed run for nobody’s', async () => {
    const [a, b] = await diedWriting();
    await emptied(b, 'damaged');
    await b.write('mine', 'by a person\n');
    await b.write('.evermesh/tmp/unfinished', 'half');
    const before = await everything(b);
    await b.open();
    expect(await b.mirror.survey()).toEqual({ toFolder: 2, toDisk: 0 });
    await b.mirror.verify();
    await b.closeMirror();
    expect(await everything(b)).toEqual(before);
    await settleAll(a, b);
    expect(await onDisk(a)).toMatchObject({
      'closed/file': 'arrived\n',
      damaged: 'damaged\n',
      mine: 'by a person\n',
    });
    expect(b.changes('in')).toEqual(['edited mine']);
    expect(await fs.readdir(b.at('.evermesh/tmp'))).toEqual([]);
  });

  test.each(['openToRead', 'lstat'] as const)(
    'what is saved while damage is looked for is a save (before the mirror calls %s)',
    async (call) => {
      const [a, b] = await devices.pair();
      await a.write('file', 'one\n');
      await settleAll(a, b);
      for (let nth = 1; nth <= 4; nth++) {
        const content = `${await b.read('file')}${nth}\n`;
        await b.crash();
        let calls = 0;
        const saving = async (path: string): Promise<void> => {
          if (path.endsWith('/file') && ++calls === nth) await b.write('file', content);
        };
        await b.open({
          fileSystem: {
            ...nodeFileSystem,
            [call]: async (path: string) => {
              await saving(path);
              return nodeFileSystem[call](path);
            },
          },
        });
        await settleAll(a, b);
        if (calls < nth) await b.write('file', content);
        await settleAll(a, b);
        for (const device of [a, b]) expect(await inFolder(device)).toEqual({ file: content });
        expect(await fs.readdir(b.at('.evermesh'))).not.toContain('trash');
      }
    },
  );

  /** Devices of which the second dies where it moves a file from `old` to `new`, and the id of that. */
  const diedMoving = async (
    blow: (fuse: TestDevice['fuse']) => void,
  ): Promise<[TestDevice, TestDevice, string | undefined]> => {
    const [a, b] = await devices.pair();
    await a.write('old', 'one\n');
    await settleAll(a, b);
    const id = a.idOf('old');
    await a.folder.rename('old', 'new');
    await exchange(a, b);
    blow(b.fuse);
    await b.settle().catch(() => undefined);
    await b.crash();
    return [a, b, id];
  };

  test('a save over the new name of a file, after a crash right behind its move, is one of that file', async () => {
    const [a, b, id] = await diedMoving((fuse) => fuse.blowAt(/^syncdir /));
    expect(await onDisk(b)).toEqual({ new: 'one\n' });
    await b.write('beside~', 'one\ntwo\n');
    await fs.rename(b.at('beside~'), b.at('new'));
    await settleAll(a, b);
    for (const device of [a, b]) {
      expect(await onDisk(device)).toEqual({ new: 'one\ntwo\n' });
      expect(device.idOf('new')).toBe(id);
    }
  });

  test('a file that was moved over another, and is as old as that was, is no damage of it', async () => {
    const [a, b] = await devices.pair();
    for (const name of ['one', 'two']) await b.write(name, `${name}\n`);
    for (const name of ['one', 'two']) await fs.utimes(b.at(name), 1e9, 1e9);
    await settleAll(a, b);
    const id = a.idOf('one');
    await b.crash();
    await fs.rename(b.at('one'), b.at('two'));
    await settleAll(a, b);
    for (const device of [a, b]) expect(await inFolder(device)).toEqual({ two: 'one\n' });
    expect(a.idOf('two')).toBe(id);
  });

  test('a file that a person takes out of the trash, right after it came there, stays', async () => {
    const [a, b] = await devices.pair();
    for (const name of ['file', 'other']) await a.write(name, `${name}\n`);
    await settleAll(a, b);
    for (const name of ['file', 'other']) await a.folder.rm(name);
    await exchange(a, b);
    b.fuse.blowBehind(/^rename .*trash\/.*\/file$/);
    await b.settle().catch(() => undefined);
    await b.crash();
    const [time] = await fs.readdir(b.at('.evermesh/trash'));
    await fs.rename(b.at(`.evermesh/trash/${time}/file`), b.at('file'));
    await settleAll(a, b);
    for (const device of [a, b]) expect(await onDisk(device)).toEqual({ file: 'file\n' });
    expect(await inFolder(a)).toEqual({ file: 'file\n' });
  });

  /** Devices of which the second dies when it is about to put `file`, which was removed at the first, into the trash. */
  const diedRemoving = async (): Promise<[TestDevice, TestDevice]> => {
    const [a, b] = await devices.pair();
    for (const name of ['file', 'other']) await a.write(name, `${name}\n`);
    await settleAll(a, b);
    for (const name of ['file', 'other']) await a.folder.rm(name);
    await exchange(a, b);
    b.fuse.blowAt(/^rename .*\/file /);
    await b.settle().catch(() => undefined);
    await b.crash();
    expect(await onDisk(b)).toMatchObject({ file: 'file\n' });
    return [a, b];
  };

  test('a file that was to be removed, and got another mode meanwhile, came from no trash: it is removed', async () => {
    const [a, b] = await diedRemoving();
    await fs.chmod(b.at('file'), 0o600);
    await settleAll(a, b);
    for (const device of [a, b]) expect(await onDisk(device)).toEqual({});
  });

  test('a file that was to be removed, and was saved in its place meanwhile, is still that file', async () => {
    const [a, b] = await diedRemoving();
    const [id] = (await a.folder.trash()).filter(({ path }) => path === 'file').map((entry) => entry.id);
    await fs.appendFile(b.at('file'), 'more\n');
    await settleAll(a, b);
    for (const device of [a, b]) expect(await onDisk(device)).toEqual({ file: 'file\nmore\n' });
    expect(a.idOf('file')).toBe(id);
  });

  test('a file that has two names after a crash in the middle of a move, and is moved by the old one, is one file', async () => {
    const [a, b, id] = await diedMoving((fuse) => fuse.blowBehind(/^link .*\/new$/));
    expect(await onDisk(b)).toEqual({ old: 'one\n', new: 'one\n' });
    await fs.rename(b.at('old'), b.at('mine'));
    await settleAll(a, b);
    for (const device of [a, b]) expect(await onDisk(device)).toEqual({ mine: 'one\n' });
    expect(a.idOf('mine')).toBe(id);
  });

  test('a mode that a person gives to what waits for its place does not make it what he had in front of him', async () => {
    const begin = async (): Promise<[TestDevice, TestDevice]> => {
      const [a, b] = await devices.pair();
      await a.write('file', 'one\n');
      await settleAll(a, b);
      await a.write('file', 'one\ntwo\n');
      await a.settle();
      await deliver(a, b);
      return [a, b];
    };
    const [, trial] = await begin();
    trial.fuse.blowAfter(Infinity);
    await trial.settle();
    const placed = trial.fuse.steps.findIndex((step) => /^(link|rename|replace) .*\/file$/.test(step));
    const [a, b] = await begin();
    b.fuse.blowAfter(placed);
    await b.settle().catch(() => undefined);
    await b.crash();
    for (const name of await fs.readdir(b.at('.evermesh/tmp')))
      await fs.chmod(b.at(`.evermesh/tmp/${name}`), 0o600);
    await b.write('beside~', 'zero\none\n');
    await fs.rename(b.at('beside~'), b.at('file'));
    await settleAll(a, b);
    for (const device of [a, b]) expect(await inFolder(device)).toEqual({ file: 'zero\none\ntwo\n' });
  });

  test('a save within the tick in which the mirror had looked at the file is no damage', async () => {
    const a = await devices.make();
    await a.closeMirror();
    await a.open({ clock: { now: () => 0, after: (wait, run) => a.clock.after(wait, run) } });
    const write = async (name: string, text: string): Promise<void> => {
      await a.write(name, text);
      await fs.utimes(a.at(name), 1e9, 1e9);
    };
    for (const name of ['saved', 'emptied']) await write(name, 'one\n');
    await a.settle();
    await a.crash();
    await write('saved', 'one\ntwo\n');
    await write('emptied', '');
    await a.settle();
    expect(await inFolder(a)).toEqual({ saved: 'one\ntwo\n', emptied: 'one\n' });
  });

  test('a file that a program emptied a moment before the mirror began again is being saved', async () => {
    const [a, b] = await devices.pair();
    await a.write('file', 'one\n');
    await settleAll(a, b);
    await b.crash();
    await fs.truncate(b.at('file'));
    const clock: Clock = { now: () => systemClock.now(), after: (wait, run) => b.clock.after(wait, run) };
    await b.open({ clock });
    await b.settle();
    expect(b.events.filter(({ type }) => type === 'problem')).toEqual([]);
    await b.write('file', 'one\ntwo\n');
    await settleAll(a, b);
    for (const device of [a, b]) expect(await inFolder(device)).toEqual({ file: 'one\ntwo\n' });
  });

  test('a file that was emptied a moment before the mirror began again, and that nobody saves, was emptied by a power cut', async () => {
    const [a, b] = await devices.pair();
    await a.write('file', 'one\n');
    await settleAll(a, b);
    await b.crash();
    await fs.truncate(b.at('file'));
    let later = 0;
    const now = (): number => systemClock.now() + later;
    await b.open({ clock: { now, after: (wait, run) => b.clock.after(wait, run) } });
    await b.settle();
    expect(await b.read('file')).toBe('');
    later = 1500;
    await settleAll(a, b);
    expect(b.events).toContainEqual(expect.objectContaining({ type: 'problem', code: 'FILE_DAMAGED' }));
    for (const device of [a, b]) {
      expect(await inFolder(device)).toEqual({ file: 'one\n' });
      expect(await device.read('file')).toBe('one\n');
    }
  });

  test('a directory that cannot be read is named, the mirror opens, and damage in it is found when it can be', async () => {
    const a = await devices.make();
    await a.write('closed/file', 'text\n');
    await a.write('open', 'text\n');
    await a.settle();
    await a.crash();
    await emptied(a, 'closed/file');
    const door = closing('closed');
    await a.open({ fileSystem: door.fileSystem });
    await a.settle();
    expect(a.mirror.status().problems).toMatchObject([{ path: 'closed', code: 'UNREADABLE' }]);
    // Nor does the next start believe that all was seen to.
    await a.closeMirror();
    await a.open({ fileSystem: door.fileSystem });
    await a.settle();
    door.isOpen = true;
    await a.settle();
    expect(await onDisk(a)).toEqual({ closed: '/', 'closed/file': 'text\n', open: 'text\n' });
    expect(a.changes('in')).not.toContain('edited closed/file');
    expect(a.events).toContainEqual(expect.objectContaining({ code: 'FILE_DAMAGED', path: 'closed/file' }));
  });

  test('a write into a directory that cannot be read any more is seen to at the start when it can', async () => {
    const [a, b] = await diedWriting();
    const door = closing('closed');
    await b.open({ fileSystem: door.fileSystem });
    await b.settle();
    expect(b.mirror.status().problems).toMatchObject([
      { path: 'closed', code: 'UNREADABLE' },
      { path: 'closed/file', code: 'WRITE_FAILED' },
    ]);
    await b.closeMirror();
    await settleAll(a, b);
    expect(await onDisk(b)).toEqual(await onDisk(a));
    expect(b.changes('in')).toEqual([]);
  });
});

test('what a crash left put aside is nobody’s deletion, also if it cannot come back at the start', async () => {
  const [a, b] = await devices.pair();
  for (const name of ['one', 'two']) await a.write(`d/${name}`, `${name}\n`);
  await settleAll(a, b);
  await fs.rename(a.at('d/one'), a.at('d/three'));
  await fs.rename(a.at('d/two'), a.at('d/one'));
  await fs.rename(a.at('d/three'), a.at('d/two'));
  await a.settle();
  await deliver(a, b);
  b.fuse.blowAt(/^link .*\/d\/(one|two)$/);
  await b.settle().catch(() => undefined);
  expect(b.fuse.isBlown).toBe(true);
  await b.crash();
  expect(Object.keys(await onDisk(b))).toHaveLength(2);
  let isClosed = true;
  await b.open({
    fileSystem: {
      ...nodeFileSystem,
      link: async (from, to) => {
        if (isClosed && to.startsWith(b.at('d/'))) throw failure('EACCES');
        await nodeFileSystem.link(from, to);
      },
    },
  });
  await settleAll(a, b);
  isClosed = false;
  await b.closeMirror();
  await settleAll(a, b);
  for (const device of [a, b])
    expect(await onDisk(device)).toEqual({ d: '/', 'd/one': 'two\n', 'd/two': 'one\n' });
});

test('a file that a program empties to write it anew, after the start, is left to it', async () => {
  const a = await devices.make();
  await a.write('saved slowly', 'text\n');
  await a.settle();
  await a.crash();
  await fs.truncate(a.at('saved slowly'));
  await a.open({ clock: { now: () => 0, after: (...timer) => a.clock.after(...timer) } });
  await a.settle();
  await a.write('saved slowly', 'text and more\n');
  await a.settle();
  expect(await onDisk(a)).toEqual({ 'saved slowly': 'text and more\n' });
  expect(a.events.map((event) => ('code' in event ? event.code : ''))).not.toContain('FILE_DAMAGED');
});

test('an older version that a person brought back after a crash stays; one that a power cut gave back does not', async () => {
  const a = await devices.make();
  for (const name of ['person', 'power']) await a.write(name, 'one\n');
  await a.settle();
  const { atime, mtime } = await fs.stat(a.at('power'));
  for (const name of ['person', 'power']) await a.write(name, 'two, and it is bad\n');
  await a.settle();
  await a.crash();
  for (const name of ['person', 'power']) await a.write(name, 'one\n');
  await fs.utimes(a.at('power'), atime, mtime);
  await a.settle();
  expect(await onDisk(a)).toEqual({ person: 'one\n', power: 'two, and it is bad\n' });
  expect(await inFolder(a)).toEqual(await onDisk(a));
});

test('an older version that a person put in the place of a newer one, which he moved after a crash, does not bring that back', async () => {
  const a = await devices.make();
  await a.write('file', 'one\n');
  await a.settle();
  const { atime, mtime } = await fs.stat(a.at('file'));
  await a.write('file', 'one\ntwo\n');
  await a.settle();
  await a.crash();
  await fs.rename(a.at('file'), a.at('moved'));
  await a.write('file', 'one\n');
  await fs.utimes(a.at('file'), atime, mtime);
  await a.settle();
  expect(await onDisk(a)).toEqual({ file: 'one\n', moved: 'one\ntwo\n' });
  expect(await inFolder(a)).toEqual(await onDisk(a));
});

test('a file on the way to what changed that cannot be looked at is a problem, and no halt', async () => {
  const a = await devices.make();
  await a.write('d/closed/deep/file', 'one\n');
  await a.write('d/open', 'one\n');
  await a.settle();
  await a.closeMirror();
  let events: WatcherEvents | undefined;
  let isClosed = false;
  const lstat: FileSystem['lstat'] = async (path) => {
    if (isClosed && path.endsWith('/closed')) throw failure('EIO');
    return nodeFileSystem.lstat(path);
  };
  const list: FileSystem['list'] = async (path) => {
    const listing = await nodeFileSystem.list(path);
    if (!isClosed || !path.endsWith('/d')) return listing;
    const entries = listing.entries.filter(({ name }) => name !== 'closed');
    return { ...listing, entries, failed: [{ name: 'closed', code: 'EIO' }] };
  };
  let tell = (_event: MirrorEvent): void => undefined;
  const edited = new Promise<void>((resolve) => {
    tell = (event) => event.type === 'change' && event.path === 'd/open' && resolve();
  });
  await a.open({
    fileSystem: { ...nodeFileSystem, lstat, list },
    watcher: watcher((to) => (events = to)),
    onEvent: (event) => tell(event),
  });
  a.mirror.start();
  await a.mirror.idle();
  isClosed = true;
  await a.write('d/open', 'two\n');
  events?.dirty('d/closed/deep');
  await edited;
  await a.mirror.idle();
  expect(a.mirror.halted).toBeUndefined();
  expect(a.mirror.status().problems).toMatchObject([{ path: 'd/closed', code: 'UNREADABLE' }]);
  expect(Object.keys(await inFolder(a))).toContain('d/closed/deep/file');
});

const watcher = (started: (events: WatcherEvents) => void): Watcher => ({
  start: (_, events) => started(events),
  watch: () => undefined,
  retain: () => undefined,
  close: () => undefined,
});
