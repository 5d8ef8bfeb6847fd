/**
 * A store that is in use, newer, foreign or damaged, and settings that cannot be read: named, with what to do, and nothing
 * is begun on a guess. What the message advises works as it is written.
 */
import { cp, mkdir, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { levelStore } from '@evermesh/adapters/level';
import {
  authorOf,
  type FolderId,
  newDeviceId,
  newRunId,
  systemRandom,
  TREE_DOCUMENT,
} from '@evermesh/core/base';
import { Committer, FolderLog, type Store } from '@evermesh/core/log';
import { clocksOf, encodeBody, newDocument } from '@evermesh/core/model';
import { makeRecord } from '@evermesh/core/protocol';
import { expect, onTestFinished, test } from 'vitest';
import * as Y from 'yjs';
import { expectError, nextOf } from './support/expect-error.ts';
import { readTree } from './support/tree.ts';
import { type TestDevice, type TestRelay, World } from './support/world.ts';

const ELSEWHERE = 'ws://127.0.0.1:9';
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

interface InStep {
  readonly world: World;
  readonly relay: TestRelay;
  readonly laptop: TestDevice;
  /** The laptop's data directory. */
  readonly data: string;
  readonly relayData: string;
  readonly folder: string;
}

/** A laptop with some files that the relay has, too; neither runs. */
async function inStep(): Promise<InStep> {
  const world = await World.open();
  const relay = await world.relay();
  const laptop = world.device('laptop');
  for (let index = 0; index < 30; index++) await laptop.write(`${index}.txt`, `${index} `.repeat(300));
  const { folder } = await laptop.sync(['--relay', relay.url]);
  const data = await dataOf(laptop);
  await relay.stop();
  return { world, relay, laptop, data, folder, relayData: world.path('relay', 'share', 'evermesh', 'relay') };
}

const dataOf = async (device: TestDevice): Promise<string> => (await pathsOf(device))['data'] as string;
const pathsOf = async (device: TestDevice): Promise<Record<string, string>> =>
  (await device.run('paths')).events[0]!['paths'] as Record<string, string>;

/** Opens a data directory's database in this process, as another program would. */
async function openDatabase(data: string): Promise<Store> {
  const store = levelStore(join(data, 'store'));
  await store.open();
  onTestFinished(() => store.close());
  return store;
}

async function writeRow(data: string, key: string, value: string): Promise<void> {
  const store = await openDatabase(data);
  await store.batch([{ type: 'put', key, value: bytes(value) }], { sync: true });
  await store.close();
}

const relayOn = (world: World, data: string) =>
  world.run('relay', ['relay', '--json', '--allow-everyone', '--listen', '127.0.0.1:0', '--data', data]);

test('a store that another process has open is left to it, by every command', async () => {
  const { world, laptop, data, relayData } = await inStep();
  const before = await readTree(laptop.directory);
  await openDatabase(data);
  await openDatabase(relayData);
  const ended = await Promise.all([
    ...['status', 'verify', 'sync', 'up'].map((command) => laptop.run(command)),
    relayOn(world, relayData),
  ]);
  for (const [index, each] of ended.entries()) {
    const told = expectError(each, 'STORE_LOCKED');
    expect(told['message']).toContain(index === 4 ? relayData : data);
  }
  expect(await readTree(laptop.directory)).toEqual(before);
});

test('a store of a newer version is not touched', async () => {
  const { world, laptop, data, relayData } = await inStep();
  await writeRow(data, 'format', '999');
  await writeRow(relayData, 'format', '999');
  for (const command of ['status', 'verify', 'sync', 'up']) {
    const { message, next } = expectError(await laptop.run(command), 'FORMAT_TOO_NEW');
    expect(message).toMatch(/format 999.*up to \d/);
    expect(next).toContain('Update');
  }
  expectError(await relayOn(world, relayData), 'FORMAT_TOO_NEW');
  const store = await openDatabase(data);
  expect(new TextDecoder().decode(await store.get('format'))).toBe('999');
});

/** A device with a later Evermesh writes into the folder's tree in a format of its own, at the relay whose data this is. */
async function writeLaterTree(relayData: string, folder: FolderId): Promise<void> {
  const store = await openDatabase(relayData);
  const options = { store, committer: new Committer(store), folder, random: systemRandom };
  const log = await FolderLog.open(options);
  const doc = newDocument(TREE_DOCUMENT, 7, true);
  doc.getMap('m').set('format/999', '');
  const body = encodeBody(Y.encodeStateAsUpdate(doc));
  const record = makeRecord({
    ...{ folder, document: TREE_DOCUMENT, body, clocks: clocksOf(body) },
    ...{ author: authorOf(newDeviceId(systemRandom), newRunId(systemRandom)), counter: 1, prev: 0 },
    ...{ time: 0, group: undefined, blobs: [] },
  });
  await log.append([record]).durable;
  await store.close();
}

test('a folder whose tree a newer version wrote is named by every command, and its directory stays as it is', async () => {
  const { relay, laptop, folder, relayData } = await inStep();
  await relay.start();
  await laptop.up();
  await relay.stop();
  await writeLaterTree(relayData, folder as FolderId);
  await laptop.write('mine.txt', 'mine\n');
  const before = await readTree(laptop.directory);
  await relay.start();
  // It arrives at the one that runs, which ends; then at one that finds it in its store.
  const ended = [await laptop.running.ended];
  for (const command of ['status', 'verify', 'sync', 'up']) ended.push(await laptop.run(command));
  for (const each of ended) {
    const { message, next } = expectError(each, 'FORMAT_TOO_NEW');
    expect(message).toContain('folder');
    expect(next).toContain('Update');
  }
  expect(await readTree(laptop.directory)).toEqual(before);
});

test('whoever joins a folder whose tree a newer version wrote is told so, and writes nothing', async () => {
  const { world, relay, folder, relayData } = await inStep();
  await writeLaterTree(relayData, folder as FolderId);
  await relay.start();
  for (const command of ['sync', 'up']) {
    const desktop = world.device(command);
    await desktop.write('own.txt', 'own\n');
    expectError(await desktop.run(command, ['--relay', relay.url, '--folder', folder]), 'FORMAT_TOO_NEW');
    expect(await readdir(desktop.directory)).toEqual(['own.txt']);
    expectError(await desktop.run('status'), 'FORMAT_TOO_NEW');
  }
});

test("another program's database is not written into, by a device or a relay", async () => {
  const world = await World.open();
  const laptop = world.device('laptop');
  await laptop.write('a.txt', 'a\n');
  const data = world.path('theirs');
  for (const [key, value] of [
    ['theirs', 'row'],
    ['format', 'theirs as well'],
  ] as const) {
    await writeRow(data, key, value);
    const told = expectError(
      await laptop.run('sync', ['--relay', ELSEWHERE, '--data', data]),
      'STORE_CORRUPT',
    );
    expect(told['message']).toContain(data);
    expect(told['next']).toContain('--data');
    expectError(await relayOn(world, data), 'STORE_CORRUPT');
  }
  const keys: string[] = [];
  for await (const [key] of (await openDatabase(data)).iterator({ gte: '', lt: '~' })) keys.push(key);
  expect(keys).toEqual(['format', 'theirs']);
  // The directory was not taken into anything, and nothing is remembered of it.
  expect(await readdir(laptop.directory)).toEqual(['a.txt']);
  expectError(await laptop.run('status'), 'CONFIG_INVALID');
});

test('a data path that is a file, or has one where its store belongs, is named', async () => {
  const world = await World.open();
  const laptop = world.device('laptop');
  await laptop.write('a.txt', 'a\n');
  await writeFile(world.path('file'), 'precious\n');
  await mkdir(world.path('data'));
  await writeFile(world.path('data', 'store'), 'precious\n');
  for (const [data, code] of [
    [world.path('file'), 'CONFIG_INVALID'],
    [world.path('file', 'below'), 'CONFIG_INVALID'],
    [world.path('data'), 'STORE_FAILED'],
  ] as const) {
    const given = ['--relay', ELSEWHERE, '--data', data];
    // What somebody else keeps there a device does not touch.
    const ofDevice = expectError(await laptop.run('sync', given), 'CONFIG_INVALID');
    const ofRelay = expectError(await relayOn(world, data), code);
    for (const { message } of [ofDevice, ofRelay]) expect(message).toContain(data);
  }
  expect(await readFile(world.path('file'), 'utf8')).toBe('precious\n');
  expect(await readFile(world.path('data', 'store'), 'utf8')).toBe('precious\n');
  expect(await readdir(laptop.directory)).toEqual(['a.txt']);
});

/** What may happen to the files of a database, with the file's name. */
const DAMAGES: Readonly<Record<string, (store: string, names: readonly string[]) => Promise<void>>> = {
  'CURRENT overwritten': (store) => writeFile(join(store, 'CURRENT'), 'garbage'),
  'CURRENT gone': (store) => rm(join(store, 'CURRENT')),
  'MANIFEST overwritten': (store, names) => writeFile(join(store, manifestOf(names)), randomLooking(500)),
  'MANIFEST cut short': (store, names) => truncate(join(store, manifestOf(names)), 10),
  'MANIFEST gone': (store, names) => rm(join(store, manifestOf(names))),
  'a table cut short': (store, names) => truncate(join(store, tableOf(names)), 500),
  'a table gone': (store, names) => rm(join(store, tableOf(names))),
  'a table overwritten': async (store, names) => {
    const table = await readFile(join(store, tableOf(names)));
    await writeFile(join(store, tableOf(names)), randomLooking(table.byteLength));
  },
};
const manifestOf = (names: readonly string[]): string => names.find((name) => name.startsWith('MANIFEST'))!;
const tableOf = (names: readonly string[]): string => names.find((name) => name.endsWith('.ldb'))!;
const randomLooking = (length: number): Uint8Array =>
  Uint8Array.from({ length }, (_, index) => (index * 151 + 7) % 251);

test('a store with damaged files is refused by device and relay, and stays as it is', async () => {
  const { world, laptop, data, relayData } = await inStep();
  // Opened once more, rows move from the log to a table.
  for (const place of [data, relayData]) await (await openDatabase(place)).close();
  const before = await readTree(laptop.directory);
  const damaged = await Promise.all(
    Object.values(DAMAGES).map(async (damage, index) => {
      const copy = world.path(`relay data ${index}`);
      await cp(relayData, copy, { recursive: true });
      await damage(join(copy, 'store'), await readdir(join(copy, 'store')));
      return { copy, ended: await relayOn(world, copy) };
    }),
  );
  for (const [index, { copy, ended }] of damaged.entries()) {
    const what = Object.keys(DAMAGES)[index];
    expect(nextOf(ended, 'STORE_CORRUPT'), what).toContain(`mv '${copy}' '${copy}.damaged'`);
  }
  for (const what of ['CURRENT gone', 'a table overwritten'] as const) {
    await cp(data, `${data}.whole`, { recursive: true });
    await DAMAGES[what]!(join(data, 'store'), await readdir(join(data, 'store')));
    expect(nextOf(await laptop.run('status'), 'STORE_CORRUPT'), what).toContain(
      `evermesh doctor ${laptop.directory}`,
    );
    await rm(data, { recursive: true });
    await rename(`${data}.whole`, data);
  }
  expect(await readTree(laptop.directory)).toEqual(before);
  expect((await laptop.verify()).code).toBe(0);
});

test('rows that a database lost in its middle are missed at the next start, and nothing counts as deleted', async () => {
  const { relay, laptop, data } = await inStep();
  await relay.start();
  const store = await openDatabase(data);
  const keys: string[] = [];
  for await (const [key] of store.iterator({ gte: 'f/', lt: 'f0' })) if (key.includes('/d/0')) keys.push(key);
  await store.batch([{ type: 'del', key: keys[3]! }], { sync: true });
  await store.close();
  const before = await readTree(laptop.directory);
  for (const command of ['verify', 'up']) expectError(await laptop.run(command), 'STORE_CORRUPT');
  expect(await readTree(laptop.directory)).toEqual(before);
});

test('a damaged store that is moved away by hand is begun anew, and loses nothing that the disk has', async () => {
  const { world, relay, laptop, data, folder } = await inStep();
  await relay.start();
  await laptop.write('only-here.txt', 'not sent yet\n');
  await rm(join(data, 'store', 'CURRENT'));
  expectError(await laptop.run('up'), 'STORE_CORRUPT');
  await rename(data, `${data}.damaged`);
  await laptop.up();
  await laptop.stop();
  const desktop = world.device('desktop');
  await desktop.sync(['--relay', relay.url, '--folder', folder]);
  expect(await readTree(desktop.directory)).toEqual(await readTree(laptop.directory));
  expect(await readFile(desktop.path('only-here.txt'), 'utf8')).toBe('not sent yet\n');
  expect(Object.keys(await readTree(desktop.directory))).toHaveLength(31);
});

test('a relay whose store is damaged begins anew as the message says, and devices fill it', async () => {
  const { world, relay, laptop, relayData, folder } = await inStep();
  await rm(join(relayData, 'store', 'CURRENT'));
  expectError(await relayOn(world, relayData), 'STORE_CORRUPT');
  await rename(relayData, `${relayData}.damaged`);
  await relay.start();
  expect((await laptop.sync()).report).toMatchObject({ inStep: true, changes: 0 });
  const desktop = world.device('desktop');
  await desktop.sync(['--relay', relay.url, '--folder', folder]);
  expect(await readTree(desktop.directory)).toEqual(await readTree(laptop.directory));
});

test('a flipped bit in the record of one file is named by verify, and harms no other file', async () => {
  const { world, relay, laptop, data, folder } = await inStep();
  await relay.start();
  const store = await openDatabase(data);
  const records: [string, Uint8Array][] = [];
  for await (const [key, value] of store.iterator({ gte: 'f/', lt: 'f0' }))
    if (key.includes('/r/0')) records.push([key, value]);
  const [key, value] = records[5]!;
  value[value.length - 20]! ^= 1;
  await store.batch([{ type: 'put', key, value }], { sync: true });
  await store.close();
  const { report, code } = await laptop.verify();
  expect(code).toBe(2);
  const [{ path }] = report['disk'] as [{ path: string }];
  expect(report['disk']).toEqual([expect.objectContaining({ path, what: 'content damaged' })]);
  expect(report['store'][0]).toMatchObject({ path, what: 'record damaged' });

  const desktop = world.device('desktop');
  await desktop.sync(['--relay', relay.url, '--folder', folder]);
  await desktop.write(path, 'a newer one\n');
  await desktop.write('other.txt', 'other\n');
  await desktop.sync();
  const before = await readFile(laptop.path(path), 'utf8');
  const synced = await laptop.sync();
  expect(synced.report['problems']).toEqual([expect.objectContaining({ path, code: 'CONTENT_DAMAGED' })]);
  expect(synced.code).toBe(2);
  expect(await readFile(laptop.path('other.txt'), 'utf8')).toBe('other\n');
  expect(await readFile(laptop.path(path), 'utf8')).toBe(before);
});

test('a flipped bit in a record that was not sent yet is named by every command, with what to do', async () => {
  const { laptop, data } = await inStep();
  const store = await openDatabase(data);
  const recordKeys = async (): Promise<string[]> => {
    const keys: string[] = [];
    for await (const [key] of store.iterator({ gte: 'f/', lt: 'f0' }))
      if (key.includes('/r/')) keys.push(key);
    return keys;
  };
  const sent = new Set(await recordKeys());
  await store.close();
  await laptop.write('unsent.txt', 'unsent\n');
  await laptop.run('sync', ['--wait', '0']);
  await store.open();
  for (const key of await recordKeys()) {
    if (sent.has(key)) continue;
    const value = (await store.get(key))!;
    value[value.length - 20]! ^= 1;
    await store.batch([{ type: 'put', key, value }], { sync: true });
  }
  await store.close();
  for (const command of ['status', 'sync']) {
    expect(nextOf(await laptop.run(command), 'STORE_CORRUPT')).toContain(
      `evermesh doctor ${laptop.directory}`,
    );
  }
  expect(await readFile(laptop.path('unsent.txt'), 'utf8')).toBe('unsent\n');
});

test('what is remembered and cannot be read is named, with how to begin anew', async () => {
  const { relay, laptop, folder } = await inStep();
  await relay.start();
  const { 'remembered in': file } = await pathsOf(laptop);
  const entry = await readFile(file!, 'utf8');
  for (const text of [
    '',
    '{',
    '[]',
    'null',
    '{"version":1}',
    entry.replace(folder, 'notes'),
    entry.replace(/ws:[^"]*/, 'http://x'),
  ]) {
    await writeFile(file!, text);
    const { message, next } = expectError(await laptop.run('status'), 'CONFIG_INVALID');
    expect(message).toContain(file);
    expect(next).toContain(`Remove ${file}`);
  }
  expectError(await laptop.run('up'), 'CONFIG_INVALID');
  await writeFile(file!, entry.replace(/"version": \d+/, '"version": 99'));
  expectError(await laptop.run('sync'), 'FORMAT_TOO_NEW');
  await rm(file!);
  await mkdir(file!);
  expectError(await laptop.run('sync'), 'CONFIG_INVALID');
  // As it says: remove it, and name the relay again.
  await rm(file!, { recursive: true });
  expect((await laptop.sync(['--relay', relay.url])).report).toMatchObject({
    inStep: true,
    files: 30,
  });
});
