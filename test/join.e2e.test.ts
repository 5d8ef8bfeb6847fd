/** Directories that hold the same, or nearly the same, before they meet. */
import { cp, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readTree } from './support/tree.ts';
import { World } from './support/world.ts';

const VERSIONS = ['one\n', 'one\ntwo\n', 'one\ntwo\nthree\n'];
const picture = (size: number): Uint8Array => new Uint8Array(size).fill(7);

test('a copy that is partly older joins without a doubled byte and without a conflict', async () => {
  const world = await World.open();
  const relay = await world.relay();
  const laptop = world.device('laptop');
  const desktop = world.device('desktop');
  await laptop.write('same/text.txt', 'the same on both\n');
  await laptop.write('same/picture.bin', picture(5000));
  for (const [index, version] of VERSIONS.entries()) {
    await laptop.write('old.txt', version);
    await laptop.write('old.bin', picture(index + 1));
    await laptop.sync(['--relay', relay.url]);
    // What the desktop has was made by copying, before it ever ran the command.
    if (index === 1) await cp(laptop.directory, desktop.directory, { recursive: true });
  }
  await desktop.write('only here.txt', 'mine\n');
  const { report: status } = await laptop.status();

  const joined = await desktop.sync(['--relay', relay.url, '--folder', status['folder'].id]);
  expect(joined.report).toMatchObject({ inStep: true, conflicts: [], problems: [] });
  expect(joined.code).toBe(0);
  expect((await laptop.sync()).report).toMatchObject({ inStep: true, conflicts: [], changes: 1 });

  const tree = await readTree(laptop.directory);
  expect(await readTree(desktop.directory)).toEqual(tree);
  expect(Object.keys(tree)).toEqual([
    'old.bin',
    'old.txt',
    'only here.txt',
    'same',
    'same/picture.bin',
    'same/text.txt',
  ]);
  expect(await readFile(desktop.path('old.txt'), 'utf8')).toBe(VERSIONS[2]);
  expect(await readFile(desktop.path('old.bin'))).toHaveLength(3);
  for (const device of [laptop, desktop]) expect((await device.verify()).code).toBe(0);
});

test('different bytes at one path are both kept on both devices, and listed', async () => {
  const world = await World.open();
  const relay = await world.relay();
  const laptop = world.device('laptop');
  const desktop = world.device('desktop');
  await laptop.write('notes.txt', 'of the laptop\n');
  await desktop.write('notes.txt', 'of the desktop\n');
  const { folder } = await laptop.sync(['--relay', relay.url]);
  const joined = await desktop.sync(['--relay', relay.url, '--folder', folder]);
  expect(joined.report).toMatchObject({ inStep: true, conflicts: [{ kind: 'name' }] });
  expect(joined.code).toBe(1);
  const again = await laptop.sync();
  expect(again.report, again.stdout).toMatchObject({ inStep: true, changes: 1 });

  const tree = await readTree(laptop.directory);
  expect(await readTree(desktop.directory)).toEqual(tree);
  expect(Object.values(tree).sort()).toEqual(['file: "of the desktop\\n"', 'file: "of the laptop\\n"']);
  expect(tree['notes.txt']).toBeDefined();
  for (const device of [laptop, desktop]) {
    const { code, report } = await device.status();
    expect(report['conflicts']).toMatchObject([{ kind: 'name' }]);
    expect(code).toBe(1);
  }
});
