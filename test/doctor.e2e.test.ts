/**
 * A device whose disk broke: `doctor` says what is damaged, and repairs it from what survives, from the relay and from the directory.
 * Nothing is lost of what was on disk, at the relay, or readable in the store; nothing on disk is removed or overwritten.
 */
import { watch } from 'node:fs';
import { mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { levelStore } from '@evermesh/adapters/level';
import type { Store } from '@evermesh/core/log';
import { describe, expect, test } from 'vitest';
import { expectError, nextOf } from './support/expect-error.ts';
import { readTree } from './support/tree.ts';
import type { EvermeshProcess } from './support/process.ts';
import { type TestDevice, type TestRelay, World } from './support/world.ts';

interface Mesh {
  readonly world: World;
  readonly relay: TestRelay;
  readonly laptop: TestDevice;
  readonly desktop: TestDevice;
  /** The laptop's data directory. */
  readonly data: string;
  readonly store: string;
}

/** Two devices in step; then the laptop writes what it never sends. No device runs. */
async function mesh(): Promise<Mesh> {
  const world = await World.open();
  const relay = await world.relay();
  const laptop = world.device('laptop');
  for (let index = 0; index < 20; index++)
    await laptop.write(`${index}.txt`, `line of ${index}\n`.repeat(100));
  await laptop.write('large.bin', large(1));
  await laptop.write('small.bin', Uint8Array.of(0, 1, 2));
  const { folder } = await laptop.sync(['--relay', relay.url]);
  const desktop = world.device('desktop');
  await desktop.sync(['--relay', relay.url, '--folder', folder]);
  await desktop.write('from-desktop.txt', 'desktop\n');
  await desktop.sync();
  await relay.stop();
  await laptop.write('unsent.txt', 'never sent\n');
  await laptop.write('3.txt', `${'line of 3\n'.repeat(100)}edited, never sent\n`);
  await laptop.write('unsent.bin', large(2));
  await laptop.sync(['--wait', '0']);
  const data = (await laptop.run('paths')).events[0]!['paths']['data'] as string;
  return { world, relay, laptop, desktop, data, store: join(data, 'store') };
}

const large = (seed: number): Uint8Array =>
  Uint8Array.from({ length: 100_000 }, (_, index) => (index * seed * 7) % 251);

async function doctor(device: TestDevice, args: readonly string[] = []) {
  const ended = await device.run('doctor', args);
  const report = ended.events.find(({ event }) => event === 'doctor');
  if (report === undefined) throw new Error(`No 'doctor' was told.\n${ended.stdout}\n${ended.stderr}`);
  return { ...ended, report };
}

/** Kills a repair with the `count`-th change of a name in its place of work, or in the data directory. */
async function killAfterChanges(repair: EvermeshProcess, data: string, count: number): Promise<boolean> {
  let changes = 0;
  const watcher = watch(data, { recursive: true }, () => {
    changes += 1;
    if (changes >= count * 12) repair.kill('SIGKILL');
  });
  // Directories come and go while they are watched.
  watcher.on('error', () => undefined);
  const { signal } = await repair.ended;
  watcher.close();
  return signal === 'SIGKILL';
}

async function onlyFile(directory: string, pattern: RegExp): Promise<string> {
  const found = (await readdir(directory)).filter((name) => pattern.test(name)).sort();
  return join(directory, found.at(-1)!);
}

/** Rows move from the log to a table. */
async function intoTable(store: string): Promise<void> {
  const opened = levelStore(store);
  await opened.open();
  await opened.close();
}

async function withStore(store: string, change: (opened: Store) => Promise<void>): Promise<void> {
  const opened = levelStore(store);
  await opened.open();
  await change(opened);
  await opened.close();
}

async function rowsLike(store: Store, pattern: RegExp): Promise<[string, Uint8Array][]> {
  const found: [string, Uint8Array][] = [];
  for await (const row of store.iterator({ gte: '', lt: '~' })) if (pattern.test(row[0])) found.push(row);
  return found;
}

/**
 * Both devices show the same, everything is whole, and what was on the laptop's disk is there, in its place. Of `edited` the records may
 * be lost that say of which file it is an edit: then it may be another file.
 */
async function expectAllThere(
  { relay, laptop, desktop }: Mesh,
  before: Record<string, unknown>,
  edited: string | undefined,
): Promise<void> {
  await relay.start();
  const { report } = await laptop.sync();
  expect(report).toMatchObject({ inStep: true, problems: [] });
  const conflicts = (report['conflicts'] as { path: string }[]).map(({ path }) => path);
  expect(conflicts.length).toBeLessThanOrEqual(edited === undefined ? 0 : 1);
  expect((await desktop.sync()).report).toMatchObject({ inStep: true });
  const after = await readTree(laptop.directory);
  expect(after).toEqual(await readTree(desktop.directory));
  for (const [path, content] of Object.entries(before)) {
    if (path === edited) expect(Object.values(after), path).toContainEqual(content);
    else expect(after[path], path).toEqual(content);
  }
  expect(Object.keys(after)).toHaveLength(Object.keys(before).length + 1 + conflicts.length);
  expect(await readFile(laptop.path('from-desktop.txt'), 'utf8')).toBe('desktop\n');
  expect((await laptop.verify()).code).toBe(0);
  expect((await doctor(laptop)).code).toBe(0);
}

const DAMAGES: Readonly<Record<string, (store: string) => Promise<void>>> = {
  'CURRENT is gone': (store) => rm(join(store, 'CURRENT')),
  'the manifest is cut short': async (store) => truncate(await onlyFile(store, /^MANIFEST/), 10),
  'a table is gone': async (store) => rm(await onlyFile(store, /\.ldb$/)),
  'a table is cut short': async (store) => {
    const table = await onlyFile(store, /\.ldb$/);
    await truncate(table, (await stat(table)).size >> 1);
  },
  'a bit of a table is flipped': async (store) => {
    const table = await onlyFile(store, /\.ldb$/);
    const bytes = await readFile(table);
    bytes[bytes.length >> 1]! ^= 4;
    await writeFile(table, bytes);
  },
  'the whole store is gone': (store) => rm(store, { recursive: true }),
};

/** These take no row with them. */
const KEEPS_ALL: ReadonlySet<string> = new Set(['CURRENT is gone', 'the manifest is cut short']);

describe.each(Object.keys(DAMAGES))('%s', (what) => {
  test('it is named, repaired, and nothing is missing anywhere', async () => {
    const mesh_ = await mesh();
    const { relay, laptop, store, data } = mesh_;
    await intoTable(store);
    await DAMAGES[what]!(store);
    const before = await readTree(laptop.directory);
    if (what !== 'the whole store is gone') {
      expect(nextOf(await laptop.run('up'), 'STORE_CORRUPT')).toContain(
        `evermesh doctor ${laptop.directory}`,
      );
    }
    const files = await readdir(data);
    const looked = await doctor(laptop);
    expect(looked.code).toBe(2);
    expect(looked.report['damage'].length).toBeGreaterThan(0);
    expect(await readdir(data)).toEqual(files);
    await relay.start();
    const repaired = await doctor(laptop, ['--repair']);
    expect(repaired.events.at(-1)).toMatchObject({ event: 'sync', inStep: true });
    expect(await readdir(data)).toEqual(
      [...files.filter((name) => name !== 'store'), 'damaged-1', 'store'].sort(),
    );
    await relay.stop();
    await expectAllThere(mesh_, before, KEEPS_ALL.has(what) ? undefined : '3.txt');
  });
});

test('records that were never sent and are lost come back as saves of what the disk shows', async () => {
  const mesh_ = await mesh();
  const { relay, laptop, store } = mesh_;
  await withStore(store, async (opened) => {
    const records = await rowsLike(opened, /^f\/\w+\/r\/0/);
    const unsent = records.sort(([a], [b]) => (a.slice(-14) < b.slice(-14) ? -1 : 1)).slice(-3);
    await opened.batch(
      unsent.map(([key]) => ({ type: 'del', key })),
      { sync: true },
    );
  });
  const before = await readTree(laptop.directory);
  const looked = await doctor(laptop);
  expect(looked.code).toBe(2);
  const recoveries = looked.report['recoveries'] as { path: string; from: string }[];
  expect(recoveries.map(({ path, from }) => `${path}: ${from}`).sort()).toEqual([
    '3.txt: relay or disk',
    'unsent.bin: relay or disk',
    'unsent.txt: relay or disk',
  ]);
  await relay.start();
  expect((await doctor(laptop, ['--repair'])).code).toBe(0);
  await relay.stop();
  await expectAllThere(mesh_, before, undefined);
});

test('a repair works without the relay as far as it gets, and the rest comes later', async () => {
  const mesh_ = await mesh();
  const { laptop, store } = mesh_;
  await intoTable(store);
  await rm(join(store, 'CURRENT'));
  const before = await readTree(laptop.directory);
  const repaired = await doctor(laptop, ['--repair', '--wait', '0']);
  expect(repaired.code).toBe(1);
  expect(repaired.report['recoveries']).toEqual([]);
  expect(await readTree(laptop.directory)).toEqual(before);
  await expectAllThere(mesh_, before, undefined);
});

test('without the relay and without the tree, nothing is taken in or written before the tree is here', async () => {
  const mesh_ = await mesh();
  const { laptop, store } = mesh_;
  await withStore(store, async (opened) => {
    const tree = await rowsLike(opened, /\/r\/tree0\//);
    await opened.batch([{ type: 'del', key: tree.at(-2)![0] }], { sync: true });
  });
  const before = await readTree(laptop.directory);
  const repaired = await doctor(laptop, ['--repair', '--wait', '0']);
  expect(repaired.code).toBe(1);
  expect(await readTree(laptop.directory)).toEqual(before);
  await expectAllThere(mesh_, before, '3.txt');
});

test('what is gone is asked of the relay wherever that is by then, and what it never had does not keep a device waiting', async () => {
  const { world, laptop, desktop, store } = await mesh();
  await withStore(store, async (opened) => {
    const tree = await rowsLike(opened, /\/r\/tree0\//);
    await opened.batch([{ type: 'del', key: tree.at(-1)![0] }], { sync: true });
  });
  const before = await readTree(laptop.directory);
  expect((await doctor(laptop, ['--repair', '--wait', '0'])).code).toBe(1);
  const moved = await world.relay('moved');
  // It is another one, too: all that it has it got from the desktop.
  await desktop.sync(['--relay', moved.url]);
  expect((await laptop.sync(['--relay', moved.url])).report).toMatchObject({ inStep: true, problems: [] });
  expect((await desktop.sync()).report).toMatchObject({ inStep: true });
  const after = await readTree(laptop.directory);
  expect(after).toEqual(await readTree(desktop.directory));
  for (const [path, content] of Object.entries(before)) expect(after[path], path).toEqual(content);
  expect(after['from-desktop.txt']).toEqual((await readTree(desktop.directory))['from-desktop.txt']);
});

test('contents that a disk changed are set aside and come back', async () => {
  const mesh_ = await mesh();
  const { relay, laptop, data } = mesh_;
  const blobs = join(data, 'blobs');
  const directories = (await readdir(blobs)).filter((name) => name !== 'partial').sort();
  expect(directories).toHaveLength(2);
  for (const [index, directory] of directories.entries()) {
    const [name] = await readdir(join(blobs, directory));
    const file = join(blobs, directory, name!);
    if (index === 0) await truncate(file, 1000);
    else await writeFile(file, (await readFile(file)).fill(1, 50, 60));
  }
  const before = await readTree(laptop.directory);
  const looked = await doctor(laptop);
  expect(looked.code).toBe(2);
  expect(looked.report['contents']).toHaveLength(2);
  await relay.start();
  await doctor(laptop, ['--repair']);
  expect(await readdir(join(data, 'damaged-1', 'blobs'))).toHaveLength(2);
  await relay.stop();
  await expectAllThere(mesh_, before, undefined);
});

test('a device that runs is not repaired, and a device does not run while it is', async () => {
  const { relay, laptop, data } = await mesh();
  await relay.start();
  await laptop.up();
  expect(expectError(await laptop.run('doctor', ['--repair']), 'STORE_LOCKED')['next']).toContain(
    'Stop it first',
  );
  await laptop.stop();
  const lock = levelStore(join(data, 'repair', 'lock'));
  await mkdir(join(data, 'repair'));
  await lock.open();
  for (const command of ['up', 'status', 'doctor'])
    expect(expectError(await laptop.run(command), 'STORE_LOCKED')['message']).toContain('doctor');
  await lock.close();
  expect((await laptop.status()).code).toBe(0);
  expect(await readdir(data)).not.toContain('repair');
});

test('a repair that is killed at any moment is begun again, or goes on, and loses nothing', async () => {
  const mesh_ = await mesh();
  const { world, relay, laptop, data, store } = mesh_;
  await intoTable(store);
  await rm(join(store, 'CURRENT'));
  const before = await readTree(laptop.directory);
  await relay.start();
  let killed = 0;
  for (let after = 1; ; after += 1) {
    const repair = world.start(laptop.name, ['doctor', laptop.directory, '--repair', '--json']);
    // Each time a little later in what it does to the data directory.
    const wasKilled = await killAfterChanges(repair, data, after);
    if (!wasKilled) break;
    killed += 1;
    expect(await readTree(laptop.directory)).toEqual(before);
  }
  expect(killed).toBeGreaterThan(2);
  await relay.stop();
  await expectAllThere(mesh_, before, undefined);
});
