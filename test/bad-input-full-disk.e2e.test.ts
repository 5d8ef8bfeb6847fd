/**
 * A full disk, wherever it is: nobody is told that something is safe which is not, no half file is left, and it goes on when
 * there is room. Each disk is a small one that the test mounts.
 */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { expect, test, type TestContext } from 'vitest';
import { expectError } from './support/expect-error.ts';
import { fillDisk, mountSmallDisk } from './support/system.ts';
import { readTree } from './support/tree.ts';
import { type TestDevice, type TestRelay, World } from './support/world.ts';

const MIB = 1024 * 1024;
/** Bytes that no store makes smaller. */
function noise(length: number, seed: number): Uint8Array {
  let state = seed * 2_654_435_761 + 1;
  return Uint8Array.from({ length }, () => (state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0) >>> 24);
}

/** A device in step, whose data directory lies on a small disk, and another one that has not begun. */
async function deviceOnSmallDisk(context: TestContext): Promise<{
  readonly laptop: TestDevice;
  readonly desktop: TestDevice;
  readonly relay: TestRelay;
  readonly folder: string;
  readonly data: string;
}> {
  const world = await World.open();
  const relay = await world.relay();
  const [laptop, desktop] = [world.device('laptop'), world.device('desktop')];
  const data = world.path('small disk');
  await mkdir(data);
  mountSmallDisk(data, 3 * MIB, context);
  await laptop.write('a.txt', 'a\n');
  const folder = await laptop.up(['--relay', relay.url, '--data', data]);
  return { laptop, desktop, relay, folder, data };
}

test('a full disk under the directory is named by path, leaves no half file, and heals when there is room', async (context) => {
  const world = await World.open();
  const relay = await world.relay();
  const [laptop, desktop] = [world.device('laptop'), world.device('desktop')];
  await laptop.write('small.txt', 'small\n');
  const folder = await laptop.up(['--relay', relay.url]);
  await mkdir(desktop.directory, { recursive: true });
  mountSmallDisk(desktop.directory, 3 * MIB, context);
  await writeFile(desktop.path('.evermeshignore'), '.ballast\n');
  await desktop.up(['--relay', relay.url, '--folder', folder]);

  await laptop.write('large.bin', noise(4 * MIB, 2));
  await desktop.running.next('problem', ({ path, code }) => path === 'large.bin' && code === 'WRITE_FAILED');
  await laptop.write('other.txt', 'other\n');
  await desktop.running.next('change', ({ path }) => path === 'other.txt');
  const { report, code } = await desktop.status();
  expect(code).toBe(2);
  expect(report['problems']).toEqual([
    expect.objectContaining({ path: 'large.bin', code: 'WRITE_FAILED', next: 'Make room on the disk.' }),
  ]);
  expect(Object.keys(await readTree(desktop.directory))).toEqual([
    '.evermeshignore',
    'other.txt',
    'small.txt',
  ]);
  expect(await readdir(desktop.path('.evermesh', 'tmp'))).toEqual([]);

  // Somebody makes it smaller: now there is room for it.
  const smaller = noise(MIB, 3);
  await laptop.write('large.bin', smaller);
  await desktop.running.next('change', ({ path }) => path === 'large.bin');
  expect(Buffer.compare(await readFile(desktop.path('large.bin')), smaller)).toBe(0);
  const healed = await desktop.sync();
  expect(healed.report).toMatchObject({ inStep: true, problems: [] });
});

test('a full disk under the data directory ends a command with an error, and nothing is called synced that is not', async (context) => {
  const { laptop, desktop, relay, folder, data } = await deviceOnSmallDisk(context);
  await laptop.stop();
  const makeRoom = await fillDisk(data);
  await laptop.write('b.txt', Buffer.from(noise(200_000, 4)).toString('base64'));
  const { message, next } = expectError(await laptop.run('sync'), 'STORE_FAILED');
  expect(message).toContain(data);
  expect(next).toContain('free space');
  // There is nobody whom to wait for: it never worked.
  expectError(await laptop.start().ended, 'STORE_FAILED');
  // Reading needs no room: the store has kept what opening it takes.
  expect((await laptop.verify()).report).toMatchObject({ store: [], files: 1, disk: [{ path: 'b.txt' }] });

  await makeRoom();
  expect((await laptop.sync()).report).toMatchObject({ inStep: true, files: 2 });
  expect((await laptop.verify()).code).toBe(0);
  await desktop.sync(['--relay', relay.url, '--folder', folder]);
  expect(await readTree(desktop.directory)).toEqual(await readTree(laptop.directory));
});

test('while the disk under its data directory is full, a running `up` waits and says so, and goes on by itself', async (context) => {
  const { laptop, desktop, relay, folder, data } = await deviceOnSmallDisk(context);
  await desktop.up(['--relay', relay.url, '--folder', folder]);
  const makeRoom = await fillDisk(data);
  const before = laptop.running.events.length;
  const large = Buffer.from(noise(200_000, 4)).toString('base64');
  await laptop.write('b.txt', large);
  const waiting = await laptop.running.next('waiting');
  expect(waiting).toMatchObject({ code: 'STORE_FAILED', seconds: 1 });
  expect(waiting['message']).toContain(data);
  expect(await laptop.running.next('waiting')).toMatchObject({ code: 'STORE_FAILED', seconds: 2 });
  expect(laptop.running.events.slice(before).map(({ event }) => event)).not.toContain('synced');

  await makeRoom();
  await desktop.running.next('change', ({ path }) => path === 'b.txt');
  expect(await readFile(desktop.path('b.txt'), 'utf8')).toBe(large);
  await laptop.running.next('synced', ({ files }) => files === 2);
  expect((await laptop.verify()).code).toBe(0);
});

test('while its disk is full a relay keeps what it has, devices keep what they have to send, and it goes on by itself', async (context) => {
  const world = await World.open();
  const data = world.path('small disk');
  await mkdir(data);
  mountSmallDisk(data, 3 * MIB, context);
  const relay = await world.relay('relay', ['--allow-everyone', '--data', data]);
  const [laptop, desktop] = [world.device('laptop'), world.device('desktop')];
  await laptop.write('a.txt', 'a\n');
  const folder = await laptop.up(['--relay', relay.url]);
  const makeRoom = await fillDisk(data);
  const before = laptop.running.events.length;
  await laptop.write('b.txt', Buffer.from(noise(200_000, 5)).toString('base64'));
  await laptop.running.next('link', ({ state }) => state === 'away');
  expect(await relay.running.next('waiting')).toMatchObject({ code: 'STORE_FAILED' });
  const { report, code } = await laptop.status();
  expect(report).toMatchObject({ inStep: false, problems: [] });
  expect(report['pending'].toRelay).toBeGreaterThan(0);
  expect(code).toBe(1);
  expect(laptop.running.events.slice(before).map(({ event }) => event)).not.toContain('synced');

  await makeRoom();
  await laptop.running.next('synced', ({ files }) => files === 2);
  expect(await relay.stop()).toMatchObject({ code: 0 });
  await relay.start();
  await desktop.sync(['--relay', relay.url, '--folder', folder]);
  expect(await readTree(desktop.directory)).toEqual(await readTree(laptop.directory));
});
