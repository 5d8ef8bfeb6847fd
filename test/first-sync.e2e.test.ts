/**
 * The first sync of a directory that came from elsewhere: installed packages, with texts, programs, links, native
 * libraries and names nobody here has chosen.
 */
import { cp, mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { filesOf, readTree } from './support/tree.ts';
import { World } from './support/world.ts';

const INSTALLED = fileURLToPath(new URL('../node_modules/', import.meta.url));
const PACKAGES = ['.bin', 'classic-level', 'knip', 'lib0', 'typescript', 'vitest', 'yjs', 'zod'];
const FEWEST_FILES = 3000;

async function copyPackages(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (const name of PACKAGES) {
    await cp(INSTALLED + name, `${directory}/${name}`, { recursive: true, verbatimSymlinks: true });
  }
}

test('thousands of files from elsewhere arrive on a second device byte for byte, once', async () => {
  const world = await World.open();
  const relay = await world.relay();
  const laptop = world.device('laptop');
  const desktop = world.device('desktop');
  await copyPackages(laptop.directory);
  const tree = await readTree(laptop.directory);
  const kinds = Object.values(tree);
  expect(filesOf(tree).length).toBeGreaterThanOrEqual(FEWEST_FILES);
  expect(kinds.filter((kind) => kind.startsWith('link')).length).toBeGreaterThan(10);
  expect(kinds.filter((kind) => kind.startsWith('file, can be run')).length).toBeGreaterThan(5);

  const started = performance.now();
  const sent = await laptop.sync(['--relay', relay.url]);
  const between = performance.now();
  const received = await desktop.sync(['--relay', relay.url, '--folder', sent.folder]);
  const seconds = [between - started, performance.now() - between].map((time) => (time / 1000).toFixed(1));
  // oxlint-disable-next-line no-console -- how long it took is part of what this test is for
  console.log(`${filesOf(tree).length} files: sent in ${seconds[0]} s, received in ${seconds[1]} s`);

  expect([sent.code, received.code], `${sent.stdout}${received.stdout}`).toEqual([0, 0]);
  expect(await readTree(desktop.directory)).toEqual(tree);
  expect(await readTree(laptop.directory)).toEqual(tree);
  for (const device of [laptop, desktop]) {
    const verified = await device.verify();
    expect(verified.report).toMatchObject({ disk: [], store: [] });
    expect(verified.code).toBe(0);
  }
  for (const device of [laptop, desktop]) {
    const again = await device.sync();
    expect(again.report).toMatchObject({ inStep: true, changes: 0, conflicts: [], problems: [] });
    expect(again.events.filter(({ event }) => event === 'change')).toEqual([]);
    expect(again.code).toBe(0);
  }
});
