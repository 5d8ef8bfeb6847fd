/** A folder that tells names apart which differ in case only, on disks that do, and on one that does not. */
import * as fs from 'node:fs/promises';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import type { FileSystem } from './fs/file-system.ts';
import { testDevices } from './testing/devices.ts';
import { oneCase } from './testing/one-case.ts';
import { inFolder, onDisk, settleAll, type TestDevice } from './testing/test-device.ts';

const devices = testDevices();
/** On a disk of this machine; and on one that takes such names for one. */
let linux: TestDevice;
let other: TestDevice;
let disk: FileSystem;

beforeEach(async () => {
  [linux, other] = await devices.pair({ caseSensitive: true });
  disk = oneCase(other.directory);
  await other.open({ fileSystem: disk });
});

const problems = ({ mirror }: TestDevice): string[] =>
  mirror
    .status()
    .problems.map(({ code, path }) => `${code} ${path}`)
    .sort();

const BOTH = { Makefile: 'all:\n', makefile: 'any:\n', 'src/a': 'a\n', 'Src/b': 'b\n', src: '/', Src: '/' };

async function writeBoth(): Promise<void> {
  await linux.write('Makefile', 'all:\n');
  await linux.write('src/a', 'a\n');
  await settleAll(linux, other);
  await linux.write('makefile', 'any:\n');
  await linux.write('Src/b', 'b\n');
  await settleAll(linux, other);
}

describe('two names that differ in case only', () => {
  test('are two files, and two directories, on disks that tell them apart', async () => {
    const [a, b] = await devices.pair({ caseSensitive: true });
    for (const [path, content] of Object.entries(BOTH)) if (content !== '/') await a.write(path, content);
    await settleAll(a, b);
    expect(await onDisk(b)).toEqual(await onDisk(a));
    expect(await inFolder(b)).toEqual(BOTH);
    await fs.rename(b.at('makefile'), b.at('MAKEFILE'));
    await settleAll(a, b);
    expect(Object.keys(await onDisk(a)).filter((name) => /^makefile$/i.test(name))).toEqual([
      'MAKEFILE',
      'Makefile',
    ]);
  });

  test('are both kept where a disk holds only one of them: the other is named, and not written over it', async () => {
    await writeBoth();
    expect(await onDisk(other)).toMatchObject({ Makefile: 'all:\n', 'src/a': 'a\n' });
    expect(problems(other)).toEqual(['NAME_TAKEN Src', 'NAME_TAKEN makefile']);
    await other.mirror.settle();
    expect(problems(other)).toEqual(['NAME_TAKEN Src', 'NAME_TAKEN makefile']);
    for (const device of [linux, other]) expect(await inFolder(device)).toEqual(BOTH);
  });

  test('cost no write of the disk or the store for as long as one of them waits, a file, a directory or what comes to its name', async () => {
    await writeBoth();
    await linux.write('third', 'third:\n');
    await settleAll(linux, other);
    await fs.rename(linux.at('third'), linux.at('MAKEFILE'));
    await settleAll(linux, other);
    await linux.write('MAKEFILE', 'more:\n');
    await settleAll(linux, other);
    const waiting = ['NAME_TAKEN MAKEFILE', 'NAME_TAKEN Src', 'NAME_TAKEN makefile'];
    expect(problems(other)).toEqual(waiting);
    expect(await other.read('third')).toBe('third:\n');
    expect(
      (await other.mirror.verify()).map(({ path, what, detail }) => `${path}: ${what}, ${detail}`),
    ).toEqual([
      'MAKEFILE: elsewhere on disk, It is at third.',
      expect.stringMatching(/^MAKEFILE: content differs/),
      expect.stringMatching(/^Src: missing on disk/),
      expect.stringMatching(/^Src\/b: missing on disk/),
      expect.stringMatching(/^makefile: missing on disk/),
    ]);
    const kept = vi.spyOn(other.folder.nodes, 'keep');
    const written = vi.spyOn(disk, 'createFile');
    await other.mirror.settle();
    expect(problems(other)).toEqual(waiting);
    expect(kept.mock.calls.flat(2)).toEqual([]);
    expect(written).not.toHaveBeenCalled();
  });

  test('stay two when the one that the disk holds is edited or respelled there', async () => {
    await writeBoth();
    await other.write('Makefile', 'more:\n');
    await settleAll(linux, other);
    expect(await inFolder(linux)).toEqual({ ...BOTH, Makefile: 'more:\n' });
    await fs.rename(other.at('Makefile'), other.at('makefile'));
    await settleAll(linux, other);
    const contents = Object.values(await inFolder(linux));
    expect(contents.filter((content) => ['more:\n', 'any:\n'].includes(content))).toHaveLength(2);
    expect((await inFolder(linux))['makefile']).toBe('any:\n');
  });

  test('are both on that disk once one of them has another name', async () => {
    await writeBoth();
    await fs.rename(linux.at('Makefile'), linux.at('GNUmakefile'));
    await fs.rename(linux.at('Src'), linux.at('lib'));
    await settleAll(linux, other);
    expect(problems(other)).toEqual([]);
    expect(await onDisk(other)).toEqual(await onDisk(linux));
  });

  test('cost no write either where something goes into a directory that waits: it stays where it is', async () => {
    await linux.write('todo/a', 'a\n');
    await settleAll(linux, other);
    await fs.mkdir(linux.at('TODO'));
    await fs.rename(linux.at('todo/a'), linux.at('TODO/a'));
    await settleAll(linux, other);
    expect(problems(other)).toEqual(['NAME_TAKEN TODO']);
    expect(await other.read('todo/a')).toBe('a\n');
    const kept = vi.spyOn(other.folder.nodes, 'keep');
    await other.mirror.settle();
    expect(problems(other)).toEqual(['NAME_TAKEN TODO']);
    expect(kept.mock.calls.flat(2)).toEqual([]);
    await fs.rename(linux.at('TODO'), linux.at('done'));
    await settleAll(linux, other);
    expect(await other.read('done/a')).toBe('a\n');
    expect(problems(other)).toEqual([]);
  });

  test('keep its name from a new file also where one of them is to go into a directory that waits', async () => {
    await linux.write('todo', 'todo\n');
    await linux.write('a', 'a\n');
    await settleAll(linux, other);
    await fs.mkdir(linux.at('TODO'));
    await fs.rename(linux.at('a'), linux.at('TODO/a'));
    await linux.write('A', 'another\n');
    await settleAll(linux, other);
    expect(problems(other)).toEqual(['NAME_TAKEN A', 'NAME_TAKEN TODO']);
    expect(await other.read('a')).toBe('a\n');
    await fs.rename(linux.at('TODO'), linux.at('done'));
    await settleAll(linux, other);
    expect(await other.read('done/a')).toBe('a\n');
    expect(await other.read('A')).toBe('another\n');
    expect(problems(other)).toEqual([]);
  });

  test('keep its name from a new file while one of them waits under that, and this is told', async () => {
    await writeBoth();
    await linux.write('third', 'third:\n');
    await settleAll(linux, other);
    await fs.rename(linux.at('third'), linux.at('MAKEFILE'));
    await settleAll(linux, other);
    await linux.write('third', 'another:\n');
    await settleAll(linux, other);
    const waiting = ['MAKEFILE', 'Src', 'makefile', 'third'].map((path) => `NAME_TAKEN ${path}`);
    expect(problems(other)).toEqual(waiting);
    expect(await other.read('third')).toBe('third:\n');
    await fs.rename(linux.at('MAKEFILE'), linux.at('GNUmakefile'));
    await settleAll(linux, other);
    expect(await other.read('third')).toBe('another:\n');
    expect(await other.read('GNUmakefile')).toBe('third:\n');
    expect(problems(other)).toEqual(['NAME_TAKEN Src', 'NAME_TAKEN makefile']);
  });

  test('leave the other one when the one that the disk holds is removed there', async () => {
    await writeBoth();
    await fs.rm(other.at('Makefile'));
    await settleAll(linux, other);
    expect(await onDisk(linux)).toMatchObject({ makefile: 'any:\n' });
    expect(await onDisk(linux)).not.toHaveProperty('Makefile');
    expect(await other.read('makefile')).toBe('any:\n');
    expect(problems(other)).toEqual(['NAME_TAKEN Src']);
  });
});
