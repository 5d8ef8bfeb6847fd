/** A path finds a file only once: whoever renames it meanwhile takes the edits of others along. */
import { readFile, rename } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readTree } from './support/tree.ts';
import { type TestDevice, World } from './support/world.ts';

interface Pair {
  readonly laptop: TestDevice;
  readonly desktop: TestDevice;
}

/** Two devices with the same files; what each does to them happens while neither knows of the other. */
async function apart(
  world: World,
  files: Record<string, string>,
  change: (pair: Pair) => Promise<void>,
): Promise<Pair> {
  const relay = await world.relay();
  const pair = { laptop: world.device('laptop'), desktop: world.device('desktop') };
  for (const [path, content] of Object.entries(files)) await pair.laptop.write(path, content);
  const { folder } = await pair.laptop.sync(['--relay', relay.url]);
  await pair.desktop.sync(['--relay', relay.url, '--folder', folder]);
  await relay.stop();
  await change(pair);
  for (const device of Object.values(pair)) {
    expect((await device.sync(['--wait', '0'])).report).toMatchObject({ inStep: false, problems: [] });
  }
  await relay.start();
  for (const device of [pair.laptop, pair.desktop, pair.laptop]) {
    expect((await device.sync()).report).toMatchObject({ inStep: true, problems: [] });
  }
  expect(await readTree(pair.desktop.directory)).toEqual(await readTree(pair.laptop.directory));
  return pair;
}

test('an edit lands in the file that was renamed, not in the new one at its old path', async () => {
  const world = await World.open();
  const { laptop } = await apart(world, { 'x.txt': 'first\n' }, async (pair) => {
    await rename(pair.laptop.path('x.txt'), pair.laptop.path('y.txt'));
    // Seen in one look, both together are what some editors do to save `x.txt` and to keep a backup of it.
    await pair.laptop.sync(['--wait', '0']);
    await pair.laptop.write('x.txt', 'another file\n');
    await pair.desktop.write('x.txt', 'first\nsecond\n');
  });
  expect(await readFile(laptop.path('y.txt'), 'utf8')).toBe('first\nsecond\n');
  expect(await readFile(laptop.path('x.txt'), 'utf8')).toBe('another file\n');
});

test('edits follow two files that swapped their names', async () => {
  const world = await World.open();
  const { laptop } = await apart(world, { 'a.txt': 'was a\n', 'b.txt': 'was b\n' }, async (pair) => {
    await rename(pair.laptop.path('a.txt'), pair.laptop.path('c.txt'));
    await rename(pair.laptop.path('b.txt'), pair.laptop.path('a.txt'));
    await rename(pair.laptop.path('c.txt'), pair.laptop.path('b.txt'));
    await pair.desktop.write('a.txt', 'was a\nedited\n');
  });
  expect(await readFile(laptop.path('b.txt'), 'utf8')).toBe('was a\nedited\n');
  expect(await readFile(laptop.path('a.txt'), 'utf8')).toBe('was b\n');
});
