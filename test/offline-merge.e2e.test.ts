/** Two devices that work apart, are restarted meanwhile, and meet again: nothing typed is lost, both sides end equal. */
import { mkdir, readFile, rename, rm } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { readTree } from './support/tree.ts';
import { type TestDevice, World } from './support/world.ts';

const POEM = ['The Owl', 'and the Pussy-cat', 'went to sea', 'in a boat', ''].join('\n');
const bytes = (...some: number[]): Uint8Array => Uint8Array.from([0, 255, ...some]);

/** What was changed so far is in the device's own store, and the relay has none of it. */
async function expectKept(device: TestDevice): Promise<void> {
  const { code, report } = await device.sync(['--wait', '0']);
  expect(report).toMatchObject({ inStep: false, link: { state: 'away' }, problems: [] });
  expect(report['pending'].toRelay).toBeGreaterThan(0);
  expect(code).toBe(1);
}

test('devices that were apart and restarted become equal, with every word and every version', async () => {
  const world = await World.open();
  const relay = await world.relay();
  const laptop = world.device('laptop');
  const desktop = world.device('desktop');
  await laptop.write('poem.txt', POEM);
  await laptop.write('list.txt', 'buy milk\n');
  await laptop.write('projects/plan.md', 'first\nsecond\nthird\n');
  await laptop.write('projects/data/table.csv', '1,2\n');
  await laptop.write('draft.md', 'a draft\n');
  await laptop.write('photo.bin', bytes(1));
  const folder = await laptop.up(['--relay', relay.url]);
  await desktop.up(['--relay', relay.url, '--folder', folder]);
  expect(await readTree(desktop.directory)).toEqual(await readTree(laptop.directory));

  await relay.stop();
  await Promise.all(
    [laptop, desktop].map((device) => device.running.next('link', ({ state }) => state === 'away')),
  );
  await laptop.write('poem.txt', POEM.replace('The Owl', 'The wise Owl'));
  await laptop.write('list.txt', 'buy milk and honey\n');
  await mkdir(laptop.path('archive'));
  await rename(laptop.path('projects'), laptop.path('archive', 'projects'));
  await desktop.write('poem.txt', POEM.replace('in a boat', 'in a pea-green boat'));
  await desktop.write('list.txt', 'buy oat milk\n');
  await desktop.write('projects/plan.md', 'first\nsecond\nthird\nfourth\n');
  await Promise.all([laptop, desktop].map(expectKept));
  await Promise.all([laptop, desktop].map((device) => device.stop()));

  // While nobody looks, and then while somebody does again.
  await rm(laptop.path('draft.md'));
  await desktop.write('draft.md', 'a draft\nthat somebody still works on\n');
  await desktop.write('projects/new.md', 'new\n');
  await desktop.write('projects/data/deep/more.csv', '3,4\n');
  laptop.start();
  desktop.start();
  await Promise.all(
    [laptop, desktop].map((device) => device.running.next('link', ({ state }) => state === 'away')),
  );
  await laptop.write('same.md', 'of the laptop\n');
  await desktop.write('same.md', 'of the desktop\n');
  await laptop.write('photo.bin', bytes(2, 2));
  await desktop.write('photo.bin', bytes(3, 3, 3));
  await Promise.all([laptop, desktop].map(expectKept));

  await relay.start();
  for (const device of [laptop, desktop, laptop, desktop]) {
    const { report } = await device.sync(['--wait', '60']);
    expect(report).toMatchObject({ inStep: true, problems: [] });
  }

  const tree = await readTree(laptop.directory);
  expect(await readTree(desktop.directory)).toEqual(tree);
  const text = (path: string): Promise<string> => readFile(laptop.path(path), 'utf8');
  expect(await text('poem.txt')).toBe(
    POEM.replace('The Owl', 'The wise Owl').replace('in a boat', 'in a pea-green boat'),
  );
  const list = await text('list.txt');
  for (const word of ['buy', 'milk', 'and honey', 'oat']) expect(list).toContain(word);
  expect(list.match(/milk/g)).toHaveLength(1);

  expect(Object.keys(tree).filter((path) => path.startsWith('projects'))).toEqual([]);
  expect(await text('archive/projects/plan.md')).toBe('first\nsecond\nthird\nfourth\n');
  expect(await text('archive/projects/new.md')).toBe('new\n');
  expect(await text('archive/projects/data/deep/more.csv')).toBe('3,4\n');
  expect(await text('archive/projects/data/table.csv')).toBe('1,2\n');
  expect(await text('draft.md')).toBe('a draft\nthat somebody still works on\n');

  const same = Object.keys(tree).filter((path) => path.startsWith('same'));
  expect((await Promise.all(same.map(text))).sort()).toEqual(['of the desktop\n', 'of the laptop\n']);
  for (const device of [laptop, desktop]) {
    const { code, report } = await device.status();
    expect(code).toBe(1);
    expect(report).toMatchObject({ inStep: true, running: true });
    const conflicts = report['conflicts'] as { path: string; kind: string; versions: { file: string }[] }[];
    expect(conflicts.map(({ path, kind }) => `${kind} ${path}`).sort()).toEqual([
      'content photo.bin',
      `name ${same.find((path) => path !== 'same.md')}`,
    ]);
    const [kept] = conflicts.find(({ path }) => path === 'photo.bin')!.versions;
    const photos = await Promise.all([readFile(device.path('photo.bin')), readFile(kept!.file)]);
    expect(photos.map((photo) => photo.length).sort((a, b) => a - b)).toEqual([4, 5]);
    expect((await device.verify()).report).toMatchObject({ disk: [], store: [] });
  }
});
