/**
 * Files and directories without permission: nothing of them counts as deleted, the rest is synced, each is listed, and all of
 * it heals when the permission returns.
 */
import { chmod, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { expectError } from './support/expect-error.ts';
import { withoutRights } from './support/system.ts';
import { readTree } from './support/tree.ts';
import { type TestDevice, type TestRelay, World } from './support/world.ts';

const ELSEWHERE = 'ws://127.0.0.1:9';

interface Pair {
  readonly world: World;
  readonly relay: TestRelay;
  readonly laptop: TestDevice;
  readonly desktop: TestDevice;
}

/** Two devices with the same files; neither runs. */
async function pair(files: Readonly<Record<string, string>>): Promise<Pair> {
  const world = await World.open();
  world.runner = withoutRights();
  const relay = await world.relay();
  const [laptop, desktop] = [world.device('laptop'), world.device('desktop')];
  for (const [path, text] of Object.entries(files)) await laptop.write(path, text);
  const { folder } = await laptop.sync(['--relay', relay.url]);
  await desktop.sync(['--relay', relay.url, '--folder', folder]);
  return { world, relay, laptop, desktop };
}

test('what cannot be read is listed and kept everywhere, the rest is synced, and it heals while up runs', async () => {
  const { laptop, desktop } = await pair({
    'a.txt': 'a\n',
    'closed/b.txt': 'b\n',
    'closed/c.txt': 'c\n',
    'd.txt': 'd\n',
  });
  await laptop.write('a.txt', 'a, changed\n');
  await laptop.write('closed/b.txt', 'b, changed\n');
  await laptop.write('new.txt', 'new\n');
  await chmod(laptop.path('a.txt'), 0o000);
  await chmod(laptop.path('closed'), 0o000);
  const ended = await laptop.sync();
  expect(ended.code).toBe(2);
  const problems = ended.report['problems'] as { path: string; code: string; next: string }[];
  expect(problems.map(({ path, code }) => `${path} ${code}`).sort()).toEqual([
    'a.txt UNREADABLE',
    'closed UNREADABLE',
  ]);
  expect(problems[0]!.next).toContain('right to read');
  expect((await laptop.status()).code).toBe(2);
  expect((await laptop.verify()).code).toBe(2);
  await desktop.sync();
  expect(await readTree(desktop.directory)).toEqual({
    'a.txt': 'file: "a\\n"',
    closed: 'directory',
    'closed/b.txt': 'file: "b\\n"',
    'closed/c.txt': 'file: "c\\n"',
    'd.txt': 'file: "d\\n"',
    'new.txt': 'file: "new\\n"',
  });

  const up = laptop.start();
  await up.next('problem');
  await chmod(laptop.path('a.txt'), 0o644);
  await up.next('change', ({ path }) => path === 'a.txt');
  await chmod(laptop.path('closed'), 0o755);
  await up.next('change', ({ path }) => path === 'closed/b.txt');
  const healed = await laptop.sync();
  expect(healed.report).toMatchObject({ inStep: true, problems: [] });
  await desktop.sync();
  expect(await readTree(desktop.directory)).toEqual(await readTree(laptop.directory));
});

test('a directory that cannot be written to keeps the rest going, and gets what it missed while up runs', async () => {
  const { laptop, desktop } = await pair({ 'closed/a.txt': 'a\n', 'open/b.txt': 'b\n' });
  await chmod(desktop.path('closed'), 0o555);
  await laptop.write('closed/a.txt', 'a, changed\n');
  await laptop.write('closed/new.txt', 'new\n');
  await laptop.write('open/b.txt', 'b, changed\n');
  await laptop.sync();
  const ended = await desktop.sync();
  expect(ended.code).toBe(2);
  const problems = ended.report['problems'] as { path: string; code: string; next: string }[];
  expect(problems.map(({ path, code }) => `${path} ${code}`).sort()).toEqual([
    'closed/a.txt WRITE_FAILED',
    'closed/new.txt WRITE_FAILED',
  ]);
  expect(problems[0]!.next).toContain('right to write');
  expect(await readFile(desktop.path('open/b.txt'), 'utf8')).toBe('b, changed\n');
  expect(await readFile(desktop.path('closed/a.txt'), 'utf8')).toBe('a\n');

  const up = desktop.start();
  await up.next('problem');
  await chmod(desktop.path('closed'), 0o755);
  await up.next('change', ({ path }) => path === 'closed/new.txt');
  expect((await desktop.sync()).report).toMatchObject({ inStep: true, problems: [] });
  expect(await readTree(desktop.directory)).toEqual(await readTree(laptop.directory));
});

test('a directory, a data directory or a token file without permission is named, and nothing is begun', async () => {
  const world = await World.open();
  world.runner = withoutRights();
  const [data, token] = [world.path('data'), world.path('token')];
  await mkdir(data);
  await writeFile(token, 'correct-horse\n');
  await chmod(token, 0o000);
  await chmod(data, 0o555);
  const laptop = world.device('laptop');
  await laptop.write('a.txt', 'a\n');
  const withRelay = ['--relay', ELSEWHERE, '--wait', '0'];
  const relayOn = (...args: string[]) =>
    world.run('relay', ['relay', '--json', '--allow-everyone', '--listen', '127.0.0.1:0', ...args]);

  const ofToken = expectError(
    await laptop.run('sync', [...withRelay, '--token-file', token]),
    'CONFIG_INVALID',
  );
  expect(ofToken['message']).toContain(token);
  for (const ended of [
    await laptop.run('sync', [...withRelay, '--data', data]),
    await relayOn('--data', data),
  ]) {
    const { message, next } = expectError(ended, 'STORE_FAILED');
    expect(message).toContain(data);
    expect(next).toContain('permissions');
  }
  for (const mode of [0o555, 0o333, 0o000]) {
    await chmod(laptop.directory, mode);
    const { message, next } = expectError(await laptop.run('sync', withRelay), 'MIRROR_ROOT_INVALID');
    expect(message).toContain(laptop.directory);
    expect(next).toMatch(/\w/);
  }
  await chmod(laptop.directory, 0o755);
  expect(Object.keys(await readTree(laptop.directory))).toEqual(['a.txt']);
  expectError(await laptop.run('status'), 'CONFIG_INVALID');
  // With the permission, the same words work.
  await chmod(data, 0o755);
  expect((await laptop.sync([...withRelay, '--data', data])).report).toMatchObject({ files: 1 });
});

test('directories for settings that cannot be written to are named with the variable that sets them', async () => {
  const world = await World.open();
  world.runner = withoutRights();
  const laptop = world.device('laptop');
  await laptop.write('a.txt', 'a\n');
  const sync = () => laptop.run('sync', ['--relay', ELSEWHERE, '--wait', '0']);
  for (const [name, code] of [
    ['share', 'STORE_FAILED'],
    ['state', 'CONFIG_INVALID'],
  ] as const) {
    await mkdir(world.path('laptop', name));
    await chmod(world.path('laptop', name), 0o555);
    const { message } = expectError(await sync(), code);
    expect(message).toContain(world.path('laptop', name));
    await chmod(world.path('laptop', name), 0o755);
    await rm(world.path('laptop', name), { recursive: true });
  }
  expect(Object.keys(await readTree(laptop.directory))).toEqual(['a.txt']);
  expect((await sync()).code).toBe(1);
});
