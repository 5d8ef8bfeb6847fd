import * as fs from 'node:fs/promises';
import { expect, test } from 'vitest';
import { testDevices } from './testing/devices.ts';
import { exchange, inFolder, onDisk, settleAll } from './testing/test-device.ts';

const devices = testDevices();

test('what is on disk comes into the folder, and a second settle does nothing', async () => {
  const a = await devices.make();
  await a.write('notes/today.md', 'one\n');
  await a.write('empty', '');
  await a.write('picture.bin', Uint8Array.of(0, 1, 2, 255));
  await fs.mkdir(a.at('bare'));
  await fs.symlink('notes/today.md', a.at('link'));
  expect(await a.settle()).toBe(6);
  expect(await inFolder(a)).toEqual(await onDisk(a));
  const records = a.records();
  expect(await a.settle()).toBe(0);
  expect(a.records()).toBe(records);
  expect(a.mirror.status()).toMatchObject({ state: 'in step', files: 4, problems: [], conflicts: [] });
  expect(await a.mirror.verify()).toEqual([]);
});

test('what is in the folder comes onto the disk, and makes no operation there', async () => {
  const [a, b] = await devices.pair();
  await a.write('d/e/file.txt', 'text\n');
  await a.write('data.bin', Uint8Array.of(0, 200));
  await fs.symlink('../elsewhere', a.at('d/link'));
  await a.write('run.sh', '#!/bin/sh\n');
  await fs.chmod(a.at('run.sh'), 0o755);
  await a.settle();
  await exchange(a, b);
  const records = b.records();
  await b.settle();
  expect(await onDisk(b)).toEqual(await onDisk(a));
  expect(b.changes('in')).toEqual([]);
  expect(b.records()).toBe(records);
  expect((await fs.stat(b.at('run.sh'))).mode & 0o111).toBe(0o111);
  expect(await b.settle()).toBe(0);
});

test('edits, renames and removals go from one disk to the other', async () => {
  const [a, b] = await devices.pair();
  await a.write('one', '1\n2\n3\n');
  await a.write('two', 'two');
  await a.write('d/three', 'three');
  await settleAll(a, b);
  const id = a.idOf('d/three');
  await a.write('one', '1\n2 changed\n3\n');
  await fs.rm(a.at('two'));
  await fs.rename(a.at('d'), a.at('renamed'));
  await settleAll(a, b);
  expect(await onDisk(b)).toEqual({ one: '1\n2 changed\n3\n', renamed: '/', 'renamed/three': 'three' });
  expect(b.idOf('renamed/three')).toBe(id);
  expect(await onDisk(a)).toEqual(await onDisk(b));
});
