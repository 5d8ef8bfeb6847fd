/** What a file was, and what was removed, asked for and brought back by the command: beside a running `up`, and without one. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { expectError } from './support/expect-error.ts';
import type { Ended, Told } from './support/process.ts';
import { type TestDevice, World } from './support/world.ts';

/** Asks one thing of a path inside a device's directory, and gives what was told last. */
async function ask(
  world: World,
  device: TestDevice,
  [command, path, ...flags]: readonly [string, string, ...string[]],
): Promise<{ readonly ended: Ended; readonly told: Told }> {
  const ended = await world.run(device.name, [command, device.path(path), '--json', ...flags]);
  const told = ended.events.at(-1);
  if (told === undefined) throw new Error(`Nothing was told.\n${ended.stderr}`);
  return { ended, told };
}

interface Version {
  readonly id: string;
  readonly size: number;
  readonly device: string;
}

const versionsOf = async (world: World, device: TestDevice, path: string): Promise<Version[]> =>
  (await ask(world, device, ['versions', path, '--all'])).told['versions'] as Version[];

test('a version is listed and brought back, while up runs and while it does not', async () => {
  const world = await World.open();
  const { url } = await world.relay();
  const laptop = world.device('laptop');
  await laptop.write('notes/today.md', 'one\n');
  await laptop.sync(['--relay', url, '--device-name', 'laptop']);
  await laptop.write('notes/today.md', 'one\ntwo\n');
  await laptop.up(['--relay', url]);

  const versions = await versionsOf(world, laptop, 'notes/today.md');
  expect(versions).toMatchObject([
    { size: 8, kind: 'text', device: 'laptop' },
    { size: 4, kind: 'text', device: 'laptop' },
  ]);
  const [second, first] = versions as [Version, Version];
  const restored = await ask(world, laptop, ['restore', 'notes/today.md', '--at', first.id.slice(0, 12)]);
  expect(restored.told).toEqual({ event: 'restored', path: 'notes/today.md', running: true });
  expect(restored.ended.code).toBe(0);
  // It goes to the disk as whatever changes in the folder does.
  expect((await laptop.sync()).report).toMatchObject({ inStep: true });
  expect(await readFile(laptop.path('notes/today.md'), 'utf8')).toBe('one\n');
  await laptop.stop();

  const alone = await ask(world, laptop, ['restore', 'notes/today.md', '--at', second.id]);
  expect(alone.told).toEqual({ event: 'restored', path: 'notes/today.md', running: false });
  const beside = await ask(world, laptop, [
    ...(['restore', 'notes/today.md', '--at', first.id] as const),
    ...['--to', laptop.path('old/today.md')],
  ]);
  expect(beside.told).toMatchObject({ path: 'old/today.md' });
  expect(await readFile(laptop.path('notes/today.md'), 'utf8')).toBe('one\n');
  expect((await laptop.sync()).report).toMatchObject({ inStep: true });
  expect(await readFile(laptop.path('notes/today.md'), 'utf8')).toBe('one\ntwo\n');
  expect(await readFile(laptop.path('old/today.md'), 'utf8')).toBe('one\n');
  expect((await laptop.verify()).report).toMatchObject({ disk: [], store: [] });
});

test('what changed is shown, while up runs and while it does not', async () => {
  const world = await World.open();
  const { url } = await world.relay();
  const laptop = world.device('laptop');
  for (const text of ['one\n', 'one\ntwo\n', 'ONE\ntwo\n']) {
    await laptop.write('a b.md', text);
    await laptop.sync(['--relay', url, '--device-name', 'laptop']);
  }
  const [last, , first] = (await versionsOf(world, laptop, 'a b.md')) as [Version, Version, Version];
  const all = async (): Promise<void> => {
    const { told, ended } = await ask(world, laptop, ['diff', 'a b.md', first.id.slice(0, 10)]);
    expect(ended.code).toBe(0);
    expect(told).toMatchObject({ event: 'diff', path: 'a b.md', kind: 'text', same: false });
    expect(told).toMatchObject({ from: { id: first.id, device: 'laptop' }, to: { id: last.id } });
    expect(told['hunks']).toMatchObject([{ fromLine: 1, fromCount: 1, toLine: 1, toCount: 2 }]);
    // For people it is a unified diff, without colours where nobody sees them.
    const shown = await world.run(laptop.name, ['diff', laptop.path('a b.md'), first.id, last.id]);
    const lines = shown.stdout.split('\n');
    expect(lines[0]).toMatch(/^--- a\/a b\.md\t.*laptop$/);
    expect(lines[1]).toMatch(/^\+\+\+ b\/a b\.md\t.*laptop$/);
    expect(lines.slice(2)).toEqual(['@@ -1 +1,2 @@', '-one', '+ONE', '+two', '']);
  };
  await all();
  await laptop.up();
  await all();
  await laptop.stop();
});

test('a conflict is settled as somebody chooses, while up runs and while it does not', async () => {
  const world = await World.open();
  const { url } = await world.relay();
  const [laptop, desktop] = [world.device('laptop'), world.device('desktop')];
  for (const name of ['a.png', 'b.png']) await laptop.write(name, Uint8Array.of(0, 1));
  const { folder } = await laptop.sync(['--relay', url]);
  await desktop.sync(['--relay', url, '--folder', folder]);
  for (const name of ['a.png', 'b.png']) {
    await laptop.write(name, Uint8Array.of(0, 2, 2));
    await desktop.write(name, Uint8Array.of(0, 3, 3, 3));
  }
  await laptop.sync();
  await desktop.sync();
  interface Conflict {
    readonly path: string;
    readonly versions: readonly { readonly id: string; readonly size: number }[];
  }
  const listed = await ask(world, desktop, ['conflicts', '']);
  expect(listed.ended.code).toBe(1);
  const [a, b, ...more] = listed.told['conflicts'] as [Conflict, Conflict, ...Conflict[]];
  expect(more).toEqual([]);
  const [other] = a.versions as [Conflict['versions'][0]];
  const settled = await ask(world, desktop, ['resolve', a.path, '--keep', other.id]);
  expect(settled.told).toEqual({ event: 'resolved', path: a.path, made: [], running: false });
  expect(settled.ended.code).toBe(0);
  await desktop.up();
  const kept = await ask(world, desktop, ['resolve', b.path, '--all']);
  const [made] = kept.told['made'] as [string];
  expect(kept.told).toMatchObject({ event: 'resolved', path: b.path, running: true });
  expectError((await ask(world, desktop, ['resolve', b.path, '--all'])).ended, 'CONFLICT_NOT_FOUND');
  for (const flags of [[], ['--all', '--keep', 'shown']])
    expectError((await ask(world, desktop, ['resolve', b.path, ...flags])).ended, 'CONFIG_INVALID');
  await desktop.sync();
  await desktop.stop();
  await laptop.sync();
  for (const device of [laptop, desktop]) {
    const sizes = async (...names: string[]): Promise<number[]> =>
      Promise.all(names.map(async (name) => (await readFile(device.path(name))).length));
    expect(await sizes(a.path)).toEqual([other.size]);
    expect(new Set(await sizes(b.path, made))).toEqual(new Set([3, 4]));
    // Until somebody gives it another name, or removes it.
    expect((await ask(world, device, ['conflicts', ''])).told['conflicts']).toMatchObject([
      { kind: 'name', path: made },
    ]);
    expect((await device.verify()).report).toMatchObject({ disk: [], store: [] });
  }
});

test('what was removed is listed on each device, and comes back to all disks', async () => {
  const world = await World.open();
  const { url } = await world.relay();
  const [laptop, desktop] = [world.device('laptop'), world.device('desktop')];
  await laptop.write('d/a.md', 'a\n');
  await laptop.write('d/e/b.png', Uint8Array.of(0, 1, 2));
  await laptop.write('stays', 's\n');
  const { folder } = await laptop.sync(['--relay', url, '--device-name', 'laptop']);
  await desktop.sync(['--relay', url, '--folder', folder, '--device-name', 'desktop']);
  await rm(laptop.path('d'), { recursive: true });
  await laptop.sync();
  await desktop.sync();

  const listed = (await ask(world, desktop, ['trash', ''])).told['entries'] as { readonly device: string }[];
  expect(listed).toMatchObject([{ path: 'd', kind: 'directory', count: 4 }]);
  expect(listed[0]?.device).toBe('laptop');
  expect((await ask(world, laptop, ['trash', ''])).told['entries']).toMatchObject([{ device: 'laptop' }]);
  expect((await ask(world, desktop, ['restore', 'd'])).told).toMatchObject({ path: 'd' });
  await desktop.sync();
  await laptop.sync();
  for (const device of [laptop, desktop]) {
    expect(await readFile(device.path('d/a.md'), 'utf8')).toBe('a\n');
    expect(await readFile(device.path('d/e/b.png'))).toEqual(Buffer.of(0, 1, 2));
    expect((await ask(world, device, ['ls', 'd'])).told['entries']).toEqual([
      { name: 'a.md', kind: 'file' },
      { name: 'e', kind: 'directory' },
    ]);
    expect((await ask(world, device, ['trash', ''])).told['entries']).toEqual([]);
    expect((await ask(world, device, ['conflicts', ''])).told['conflicts']).toEqual([]);
  }
});

test('what happened is told by who did it, while up runs and while it does not', async () => {
  const world = await World.open();
  const { url } = await world.relay();
  const [laptop, desktop] = [world.device('laptop'), world.device('desktop')];
  const called = { laptop: ['--device-name', 'one'], desktop: ['--device-name', 'One'] };
  await laptop.write('d/a.md', 'a\n');
  const { folder } = await laptop.sync(['--relay', url, ...called.laptop]);
  // Nobody asks who it is that reads.
  await desktop.sync(['--relay', url, '--folder', folder, ...called.desktop]);
  expect((await laptop.status()).report).toMatchObject({ devices: [] });
  await desktop.write('b.md', 'b\n');
  await desktop.sync(called.desktop);
  await laptop.sync(called.laptop);
  await rm(laptop.path('d'), { recursive: true });
  await laptop.sync(called.laptop);
  await desktop.sync(called.desktop);
  const { report } = await laptop.status();
  const [other] = report['devices'] as [{ readonly id: string; readonly name: string }];
  // What people take for one name has the beginning of the id behind it.
  expect(other.name).toBe(`One (${other.id.slice(0, 8)})`);
  const own = `one (${(report['device'] as { readonly id: string }).id.slice(0, 8)})`;
  const all = async (): Promise<void> => {
    for (const device of [laptop, desktop]) {
      const { told, ended } = await ask(world, device, ['log', '']);
      expect(ended.code).toBe(0);
      expect(told['changes']).toMatchObject([
        { type: 'removed', path: 'd', device: own },
        { type: 'created', path: 'b.md', device: other.name },
        { type: 'created', path: 'd/a.md', device: own },
        { type: 'created', path: 'd', device: own },
      ]);
      expect((await ask(world, device, ['log', 'd', '-n', '1'])).told).toMatchObject({
        path: 'd',
        changes: [{ type: 'removed' }],
      });
      expect((await ask(world, device, ['versions', 'b.md'])).told['versions']).toMatchObject([
        { device: other.name },
      ]);
    }
    expectError((await ask(world, laptop, ['log', 'none'])).ended, 'PATH_NOT_FOUND');
    for (const count of ['0', 'x', '1e9'])
      expectError((await ask(world, laptop, ['log', '', '-n', count])).ended, 'CONFIG_INVALID');
  };
  await all();
  await laptop.up(called.laptop);
  await all();
  await laptop.stop();
});

test('what cannot be brought back is an error that says why, and changes nothing', async () => {
  const world = await World.open();
  const { url } = await world.relay();
  const laptop = world.device('laptop');
  await laptop.write('a.md', 'a\n');
  await laptop.write('d/b.md', 'b\n');
  await laptop.sync(['--relay', url]);
  const wrong = async (code: string, ...args: [string, string, ...string[]]): Promise<void> => {
    expectError((await ask(world, laptop, args)).ended, code);
  };
  const all = async (): Promise<void> => {
    await wrong('PATH_NOT_FOUND', 'versions', 'none.md');
    await wrong('PATH_IS_DIRECTORY', 'versions', 'd');
    await wrong('PATH_IS_DIRECTORY', 'versions', '');
    await wrong('PATH_NOT_FOUND', 'restore', 'a.md');
    await wrong('VERSION_NOT_FOUND', 'restore', 'a.md', '--at', 'ffffffffffffffffffffffffffffffff');
    const [only] = (await versionsOf(world, laptop, 'a.md')) as [Version];
    await wrong('PATH_EXISTS', 'restore', 'a.md', '--at', only.id, '--to', laptop.path('d'));
    await wrong('CONFIG_INVALID', 'restore', 'a.md', '--at', only.id, '--removed', '0');
    await wrong('CONFIG_INVALID', 'restore', 'a.md', '--at', only.id, '--to', world.path('elsewhere'));
    await wrong('VERSION_NOT_FOUND', 'restore', 'a.md', '--removed', '0');
    await wrong('PATH_NOT_DIRECTORY', 'ls', 'a.md');
    await wrong('PATH_NOT_FOUND', 'diff', 'none.md');
    await wrong('VERSION_NOT_FOUND', 'diff', 'a.md', only.id, 'ffff');
    await wrong('PATH_NOT_FOUND', 'resolve', 'none.md', '--all');
    await wrong('CONFLICT_NOT_FOUND', 'resolve', 'a.md', '--keep', 'shown');
    await wrong('CONFIG_INVALID', 'resolve', 'a.md');
  };
  await all();
  await laptop.up();
  await all();
  await laptop.stop();
  expect((await laptop.status()).report).toMatchObject({ inStep: true, files: 2 });
  expect(await versionsOf(world, laptop, 'a.md')).toHaveLength(1);
});

test('before the folder has arrived, and with a damaged store, the command says so', async () => {
  const world = await World.open();
  const relay = await world.relay();
  const laptop = world.device('laptop');
  await laptop.write('a.md', 'a\n');
  const { folder } = await laptop.sync(['--relay', relay.url]);
  await relay.stop();
  const desktop = world.device('desktop');
  const waiting = desktop.start(['--relay', relay.url, '--folder', folder]);
  await waiting.next('link');
  expectError((await ask(world, desktop, ['trash', ''])).ended, 'FOLDER_NOT_READY');
  expectError((await ask(world, desktop, ['log', ''])).ended, 'FOLDER_NOT_READY');
  expectError((await ask(world, desktop, ['versions', 'a.md'])).ended, 'FOLDER_NOT_READY');
  await waiting.stop();

  const { told } = await ask(world, laptop, ['paths', '']);
  const { store } = told['paths'] as { readonly store: string };
  await writeFile(`${store}/CURRENT`, 'nonsense\n');
  for (const command of ['versions', 'restore', 'trash', 'diff', 'log'])
    expectError((await ask(world, laptop, [command, 'a.md'])).ended, 'STORE_CORRUPT');
});
