/** How programs save, and what a save means when something else happened meanwhile. */
import * as fs from 'node:fs/promises';
import { concatBytes } from '@evermesh/core/base';
import { describe, expect, test } from 'vitest';
import { nodeFileSystem } from './fs/node-file-system.ts';
import { testDevices } from './testing/devices.ts';
import { exchange, inFolder, onDisk, settleAll, type TestDevice } from './testing/test-device.ts';

const devices = testDevices();

describe('an editor leaves a file its identity', () => {
  const saves: Record<string, (device: TestDevice, text: string) => Promise<void>> = {
    'truncates and writes': (device, text) => fs.writeFile(device.at('d/file.txt'), text),
    'writes beside and renames over': async (device, text) => {
      await fs.writeFile(device.at('d/.file.txt.swp'), text);
      await fs.rename(device.at('d/.file.txt.swp'), device.at('d/file.txt'));
    },
    'renames over from a name that is synced': async (device, text) => {
      await fs.writeFile(device.at('d/file.tmp'), text);
      await fs.rename(device.at('d/file.tmp'), device.at('d/file.txt'));
    },
    'moves the old one to a backup and writes anew': async (device, text) => {
      await fs.rename(device.at('d/file.txt'), device.at('d/file.txt~'));
      await fs.writeFile(device.at('d/file.txt'), text);
    },
    'moves the old one to a synced backup and writes anew': async (device, text) => {
      await fs.rename(device.at('d/file.txt'), device.at('d/file.bak'));
      await fs.writeFile(device.at('d/file.txt'), text);
    },
    'removes and makes anew': async (device, text) => {
      await fs.rm(device.at('d/file.txt'));
      await fs.writeFile(device.at('d/file.txt'), text);
    },
  };
  for (const [how, save] of Object.entries(saves)) {
    test(`when it ${how}`, async () => {
      const a = await devices.make();
      await a.write('d/file.txt', 'one\ntwo\n');
      await a.settle();
      const id = a.idOf('d/file.txt');
      await save(a, 'one\ntwo\nthree\n');
      await a.settle();
      expect(a.idOf('d/file.txt')).toBe(id);
      expect(await a.folder.readFile('d/file.txt', 'utf8')).toBe('one\ntwo\nthree\n');
      expect(await inFolder(a)).toMatchObject({ 'd/file.txt': 'one\ntwo\nthree\n' });
      expect(await a.settle()).toBe(0);
    });
  }

  test('when it removes the file, is looked at in between, and makes it anew a moment later', async () => {
    const a = await devices.make();
    await a.write('file', 'one\n');
    await a.settle();
    const id = a.idOf('file');
    a.clock.auto = false;
    await fs.rm(a.at('file'));
    const settling = a.mirror.settle();
    await until(() => a.clock.waiting.length > 0);
    await a.write('file', 'one\ntwo\n');
    a.clock.auto = true;
    a.clock.pass(100);
    await settling;
    expect(a.idOf('file')).toBe(id);
    expect(a.changes('in')).not.toContain('removed file');
    expect(await a.folder.readFile('file', 'utf8')).toBe('one\ntwo\n');
  });
});

/** What is kept of what the disk showed in between, for its next save. */
async function basesOf({ folder }: TestDevice): Promise<string[]> {
  const kept: string[] = [];
  for await (const [key] of folder.nodes.rows('base')) kept.push(key);
  return kept;
}

test('a save is merged with an edit that has arrived and was not shown yet, both kept, neither doubled', async () => {
  const [a, b] = await devices.pair();
  await a.write('file', 'one\ntwo\nthree\n');
  await settleAll(a, b);
  await a.write('file', 'one\ntwo\nthree\nby a\n');
  await a.settle();
  await exchange(a, b);
  // The editor at b saves what it showed, with a line of its own.
  await b.write('file', 'by b\none\ntwo\nthree\n');
  await b.settle();
  const merged = 'by b\none\ntwo\nthree\nby a\n';
  expect(await b.read('file')).toBe(merged);
  await settleAll(a, b);
  expect(await a.read('file')).toBe(merged);
  // What b showed in between is nobody's any more: nothing is kept for its next save.
  await b.write('file', `${merged}more\n`);
  await b.settle();
  await b.write('file', `${merged}more\nand more\n`);
  await b.settle();
  expect(await basesOf(b)).toEqual([]);
});

test('of what a disk showed in between nothing is kept once it shows what all others do, whatever arrives next', async () => {
  const [a, b] = await devices.pair();
  for (const name of ['file', 'other']) await a.write(name, 'one\ntwo\nthree\n');
  await settleAll(a, b);
  await a.write('file', 'one\ntwo\nthree\nby a\n');
  await a.settle();
  await exchange(a, b);
  await b.write('file', 'by b\none\ntwo\nthree\n');
  await b.settle();
  expect(await b.read('file')).toBe('by b\none\ntwo\nthree\nby a\n');
  for (const line of ['more', 'and more']) {
    await a.write('other', `one\ntwo\nthree\n${line}\n`);
    await settleAll(a, b);
  }
  expect(await basesOf(b)).toEqual([]);
});

test('three saves in a row against what the disk showed never double or drop a line', async () => {
  const [a, b] = await devices.pair();
  await a.write('file', 'base\n');
  await settleAll(a, b);
  for (let round = 0; round < 3; round++) {
    await a.write('file', `${await a.read('file')}a${round}\n`);
    await a.settle();
    await exchange(a, b);
    await b.write('file', `b${round}\n${await b.read('file')}`);
    await b.settle();
    await exchange(a, b);
  }
  await settleAll(a, b);
  expect(await a.read('file')).toBe('b2\nb1\nb0\nbase\na0\na1\na2\n');
  expect(await b.read('file')).toBe(await a.read('file'));
});

test('a save against what the disk showed keeps what a program wrote through the folder since, on disk as well', async () => {
  const a = await devices.make();
  await a.folder.writeFile('file', 'one\n');
  await a.settle();
  await a.write('file', 'by the editor\none\n');
  await a.folder.writeFile('file', 'one\nby the program\n');
  await a.settle();
  const merged = 'by the editor\none\nby the program\n';
  expect(await a.folder.readFile('file', 'utf8')).toBe(merged);
  expect(await a.read('file')).toBe(merged);
  expect(await a.settle()).toBe(0);
});

test('a save that only touches the file makes no record', async () => {
  const a = await devices.make();
  await a.write('file', 'same\n');
  await a.settle();
  const records = a.records();
  await fs.utimes(a.at('file'), 1, 1);
  await a.write('file', 'same\n');
  await a.settle();
  expect(a.records()).toBe(records);
});

test('what the folder takes in is on the disk before, with its name, so that no power cut makes it an older save', async () => {
  const a = await devices.make();
  await a.write('old/moved', 'one\n');
  await a.settle();
  a.fuse.blowAfter(Infinity);
  await a.write('directory/file', 'two\n');
  await fs.rename(a.at('old/moved'), a.at('directory/moved'));
  await a.settle();
  const { steps } = a.fuse;
  expect(
    steps
      .slice(
        0,
        steps.findIndex((step) => step.startsWith('commit')),
      )
      .sort(),
  ).toEqual([
    `sync ${a.at('directory/file')}`,
    `sync ${a.at('directory/moved')}`,
    `syncdir ${a.directory}`,
    `syncdir ${a.at('directory')}`,
    `syncdir ${a.at('old')}`,
  ]);
});

test('a file that is written to while it is read is not taken half', async () => {
  const a = await devices.make();
  await a.write('file', 'old '.repeat(100_000));
  let writes = 3;
  await a.open({
    fileSystem: {
      ...nodeFileSystem,
      async readStart(path, limit) {
        const start = await nodeFileSystem.readStart(path, limit >> 1);
        if (!path.endsWith('/file') || writes === 0) return nodeFileSystem.readStart(path, limit);
        await fs.writeFile(path, `new ${writes--} `.repeat(100_000));
        const { bytes, stat } = await nodeFileSystem.readStart(path, limit);
        return { bytes: concatBytes([start.bytes, bytes.subarray(limit >> 1)]), stat };
      },
      async openToRead(path) {
        const handle = await nodeFileSystem.openToRead(path);
        if (!path.endsWith('/file') || writes === 0) return handle;
        return {
          ...handle,
          async *pieces() {
            let first = true;
            for await (const piece of handle.pieces()) {
              yield piece;
              if (first) await fs.writeFile(path, `new ${writes--} `.repeat(100_000));
              first = false;
            }
          },
        };
      },
    },
  });
  await a.settle();
  expect(await a.folder.readFile('file', 'utf8')).toBe('new 1 '.repeat(100_000));
  expect(a.changes('in')).toEqual(['created file']);
});

test('a file that never rests is named, and holds up nothing else', async () => {
  const a = await devices.make();
  await a.write('log', 'x');
  await a.write('other', 'text');
  await a.open({
    fileSystem: {
      ...nodeFileSystem,
      async readStart(path, limit) {
        if (path.endsWith('/log')) await fs.appendFile(path, 'x');
        return nodeFileSystem.readStart(path, limit);
      },
      async openToRead(path) {
        if (path.endsWith('/log')) await fs.appendFile(path, 'x');
        const handle = await nodeFileSystem.openToRead(path);
        if (path.endsWith('/log')) await fs.appendFile(path, 'x');
        return {
          ...handle,
          async *pieces() {
            yield* handle.pieces();
            if (path.endsWith('/log')) await fs.appendFile(path, 'x');
          },
        };
      },
    },
  });
  await a.settle();
  expect(await inFolder(a)).toEqual({ other: 'text' });
  expect(a.mirror.status().problems).toMatchObject([{ path: 'log', code: 'FILE_CHANGING' }]);
});

test('an emptied file is believed at the second look only', async () => {
  const a = await devices.make();
  await a.write('file', 'text\n');
  await a.settle();
  a.clock.auto = false;
  await fs.truncate(a.at('file'), 0);
  const settling = a.mirror.settle();
  await until(() => a.clock.waiting.length > 0);
  expect(await a.folder.readFile('file', 'utf8')).toBe('text\n');
  expect(a.clock.waiting[0]).toBe(1000);
  a.clock.auto = true;
  a.clock.pass(1000);
  await settling;
  expect(await a.folder.readFile('file', 'utf8')).toBe('');
});

test('text becomes binary and text again, and the other device follows', async () => {
  const [a, b] = await devices.pair();
  await a.write('file', 'text\n');
  await settleAll(a, b);
  await a.write('file', Uint8Array.of(0, 1, 2));
  await settleAll(a, b);
  expect(await fs.readFile(b.at('file'))).toEqual(await fs.readFile(a.at('file')));
  await b.write('file', 'text again\n');
  await settleAll(a, b);
  expect(await a.read('file')).toBe('text again\n');
});

test('the executable bit goes both ways, and a save by renaming over keeps it', async () => {
  const [a, b] = await devices.pair();
  await a.write('run', '#!/bin/sh\n');
  await settleAll(a, b);
  const isExecutable = async (device: TestDevice): Promise<boolean> =>
    ((await fs.stat(device.at('run'))).mode & 0o111) !== 0;
  await fs.chmod(a.at('run'), 0o755);
  await settleAll(a, b);
  expect(await isExecutable(b)).toBe(true);
  await b.write('run', '#!/bin/sh\ntrue\n');
  await settleAll(a, b);
  expect(await isExecutable(a)).toBe(true);
  expect(await a.read('run')).toBe('#!/bin/sh\ntrue\n');
  await fs.chmod(b.at('run'), 0o644);
  await settleAll(a, b);
  expect(await isExecutable(a)).toBe(false);
});

test('a content that replaces another keeps the permissions of the old one', async () => {
  const [a, b] = await devices.pair();
  await a.write('secret', 'one\n');
  await settleAll(a, b);
  await fs.chmod(b.at('secret'), 0o600);
  await b.settle();
  await a.write('secret', 'two\n');
  await settleAll(a, b);
  expect(await onDisk(b)).toEqual({ secret: 'two\n' });
  expect((await fs.stat(b.at('secret'))).mode & 0o777).toBe(0o600);
});

async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}
