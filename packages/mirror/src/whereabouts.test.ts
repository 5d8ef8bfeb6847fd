/** What people move between a crash in the middle of a move or a removal, and the next start. */
import * as fs from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { FileSystem } from './fs/file-system.ts';
import { nodeFileSystem } from './fs/node-file-system.ts';
import { testDevices } from './testing/devices.ts';
import { deliver, inFolder, onDisk, settleAll, type TestDevice } from './testing/test-device.ts';
import { fusedFileSystem } from './testing/fuse.ts';

const devices = testDevices();

/** On the second device the power fails before `step`, which is part of what the first one did to `d/file`. */
async function cutShort(
  step: RegExp,
  act: (a: TestDevice) => Promise<void>,
): Promise<[TestDevice, TestDevice, string | undefined]> {
  const [a, b] = await devices.pair();
  await a.write('d/file', 'one\n');
  await a.write('e/other', 'other\n');
  await settleAll(a, b);
  const id = a.idOf('d/file');
  await act(a);
  await a.settle();
  await deliver(a, b);
  b.fuse.blowAt(step);
  await b.settle().catch(() => undefined);
  expect(b.fuse.isBlown).toBe(true);
  await b.crash();
  return [a, b, id];
}

/** It has its new name already, and its old one still. */
const LOSES_OLD_NAME = /^rename \S*\/d\/file /;

test('a file between its two names, whose new directory a person moves, is one file in there', async () => {
  const [a, b, id] = await cutShort(LOSES_OLD_NAME, (device) =>
    fs.rename(device.at('d/file'), device.at('e/file')),
  );
  await fs.rename(b.at('e'), b.at('f'));
  await settleAll(a, b);
  for (const device of [a, b]) {
    expect(await onDisk(device)).toEqual({ d: '/', f: '/', 'f/file': 'one\n', 'f/other': 'other\n' });
    expect(device.idOf('f/file')).toBe(id);
  }
});

test('a file between its two names, whose old directory a person moves, is one file in the new one', async () => {
  const [a, b, id] = await cutShort(LOSES_OLD_NAME, (device) =>
    fs.rename(device.at('d/file'), device.at('e/file')),
  );
  await fs.rename(b.at('d'), b.at('f'));
  await settleAll(a, b);
  for (const device of [a, b]) {
    expect(await onDisk(device)).toEqual({ e: '/', 'e/file': 'one\n', 'e/other': 'other\n', f: '/' });
    expect(device.idOf('e/file')).toBe(id);
  }
});

test('a file between its two names, one of them in a directory that was made in the same moment, is one file', async () => {
  const [a, b, id] = await cutShort(LOSES_OLD_NAME, async (device) => {
    await fs.mkdir(device.at('new'));
    await fs.rename(device.at('d/file'), device.at('new/file'));
  });
  await settleAll(a, b);
  for (const device of [a, b]) {
    expect(await inFolder(device)).toMatchObject({ new: '/', 'new/file': 'one\n' });
    expect(Object.values(await onDisk(device)).filter((content) => content === 'one\n')).toHaveLength(1);
    expect(device.idOf('new/file')).toBe(id);
  }
});

test('a file that was about to be removed is, also in a directory that a person moves', async () => {
  const [a, b] = await cutShort(LOSES_OLD_NAME, (device) => fs.rm(device.at('d/file')));
  await fs.rename(b.at('d'), b.at('f'));
  await settleAll(a, b);
  for (const device of [a, b]) expect(await onDisk(device)).toEqual({ e: '/', 'e/other': 'other\n', f: '/' });
});

test('a file that was about to be removed, and that a person moves, comes back as itself', async () => {
  const [a, b, id] = await cutShort(LOSES_OLD_NAME, (device) => fs.rm(device.at('d/file')));
  await fs.rename(b.at('d/file'), b.at('e/file'));
  await settleAll(a, b);
  for (const device of [a, b]) {
    expect(await onDisk(device)).toEqual({ d: '/', e: '/', 'e/file': 'one\n', 'e/other': 'other\n' });
    expect(device.idOf('e/file')).toBe(id);
  }
});

test('a file that was about to get its name spelled otherwise, where both are one, gets it', async () => {
  const [a, b] = await devices.pair();
  await a.write('name', 'one\n');
  await settleAll(a, b);
  // As a file system that takes names for one that differ in case only: `Name` leads to `name`.
  const lstat: FileSystem['lstat'] = async (path) =>
    (await nodeFileSystem.lstat(path)) ?? nodeFileSystem.lstat(path.replace(/\/Name$/, '/name'));
  await b.closeMirror();
  await b.open({ fileSystem: { ...fusedFileSystem(b.fuse), lstat } });
  await fs.rename(a.at('name'), a.at('Name'));
  await a.settle();
  await deliver(a, b);
  b.fuse.blowAt(/^rename \S*\/name /);
  await b.settle().catch(() => undefined);
  await b.crash();
  await b.open({ fileSystem: { ...fusedFileSystem(b.fuse), lstat } });
  await settleAll(a, b);
  for (const device of [a, b]) expect(await onDisk(device)).toEqual({ Name: 'one\n' });
});
