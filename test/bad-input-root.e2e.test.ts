/**
 * The mirrored directory is not the one it was: gone, replaced, or without its mark. The mirror halts and says so, other
 * devices keep everything, and what the message advises works as it is written.
 */
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { expectError, nextOf } from './support/expect-error.ts';
import { readTree, type Tree } from './support/tree.ts';
import { type TestDevice, World } from './support/world.ts';

interface Pair {
  readonly laptop: TestDevice;
  readonly desktop: TestDevice;
  readonly files: Tree;
}

/** Two devices with the same files; neither runs. */
async function pair(): Promise<Pair> {
  const world = await World.open();
  const relay = await world.relay();
  const [laptop, desktop] = [world.device('laptop'), world.device('desktop')];
  await laptop.write('a.txt', 'a\n');
  await laptop.write('b/c.txt', 'c\n');
  const { folder } = await laptop.sync(['--relay', relay.url]);
  await desktop.sync(['--relay', relay.url, '--folder', folder]);
  return { laptop, desktop, files: await readTree(laptop.directory) };
}

const marker = (device: TestDevice): string => device.path('.evermesh', 'folder.json');

/** What may happen to the directory. Each leaves it aside, to be brought back. */
const LOSSES: Readonly<Record<string, (directory: string) => Promise<void>>> = {
  gone: async () => {},
  'replaced by a file': (directory) => writeFile(directory, 'a file\n'),
  'replaced by an empty directory': (directory) => mkdir(directory).then(() => undefined),
  'replaced by a directory with other files': async (directory) => {
    await mkdir(directory);
    await writeFile(`${directory}/other.txt`, 'other\n');
  },
};

describe.each(Object.entries(LOSSES))('a directory that is %s', (what, lose) => {
  test('halts a running up and the next one, deletes nothing elsewhere, and goes on when it is back', async () => {
    const { laptop, desktop, files } = await pair();
    const { directory } = laptop;
    await laptop.up();
    await rename(directory, `${directory}.aside`);
    await lose(directory);
    // A change that comes meanwhile is not written into what stands there.
    await desktop.write('meanwhile.txt', 'meanwhile\n');
    await desktop.sync();
    const halted = expectError(await laptop.running.ended, 'MIRROR_HALTED');
    expect(halted['message']).toContain(directory);
    expect(halted['next']).toContain('--join-again');

    const isFile = what === 'replaced by a file';
    const again = expectError(await laptop.run('up'), isFile ? 'CONFIG_INVALID' : 'MIRROR_HALTED');
    expect(again['message']).toContain(directory);
    await desktop.sync();
    const all = { ...files, 'meanwhile.txt': 'file: "meanwhile\\n"' };
    expect(await readTree(desktop.directory)).toEqual(all);

    await rm(directory, { recursive: true, force: true });
    await rename(`${directory}.aside`, directory);
    expect((await laptop.sync()).report).toMatchObject({ inStep: true });
    expect(await readTree(directory)).toEqual(all);
  });
});

test('a directory that was lost for good begins anew with --join-again, and what is there is kept', async () => {
  const { laptop, desktop, files } = await pair();
  await rm(laptop.directory, { recursive: true });
  await laptop.write('other.txt', 'other\n');
  expect(nextOf(await laptop.run('sync'), 'MIRROR_HALTED')).toContain('--join-again');
  expect((await laptop.sync(['--join-again'])).report).toMatchObject({ inStep: true, files: 3 });
  await desktop.sync();
  const all = { ...files, 'other.txt': 'file: "other\\n"' };
  expect(await readTree(laptop.directory)).toEqual(all);
  expect(await readTree(desktop.directory)).toEqual(all);
});

test.each([
  ['removed', (path: string) => rm(path)],
  ['emptied', (path: string) => writeFile(path, '')],
  ['overwritten', (path: string) => writeFile(path, '{"version":1,"folder":7')],
] as const)('a mark that is %s halts the mirror, and --join-again makes a new one', async (_what, damage) => {
  const { laptop, desktop, files } = await pair();
  await laptop.up();
  await damage(marker(laptop));
  await laptop.write('new.txt', 'new\n');
  expectError(await laptop.running.ended, 'MIRROR_HALTED');
  expect(nextOf(await laptop.run('sync'), 'MIRROR_HALTED')).toContain('--join-again');
  expect((await laptop.sync(['--join-again'])).report).toMatchObject({
    inStep: true,
    files: 3,
    conflicts: [],
  });
  expect(JSON.parse(await readFile(marker(laptop), 'utf8'))).toMatchObject({ version: 1 });
  await desktop.sync();
  expect(await readTree(desktop.directory)).toEqual({ ...files, 'new.txt': 'file: "new\\n"' });
});
