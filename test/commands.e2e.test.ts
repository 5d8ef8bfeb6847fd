/** The command as people and scripts use it: what it says, its exit codes, and that it closes cleanly. */
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { Ended } from './support/process.ts';
import { World } from './support/world.ts';

const JSON_FLAG = '--json';
const ELSEWHERE = 'ws://127.0.0.1:9';

/** The command ended with an error that has this code and says what to do. */
function expectError(ended: Ended, code: string): void {
  expect(ended.events.at(-1), ended.stdout + ended.stderr).toMatchObject({ event: 'error', code });
  expect(ended.events.at(-1)!['next']).toMatch(/\w/);
  expect(ended.code).toBe(3);
}

test('help names every command and exit code, on stdout and with exit code 0', async () => {
  const world = await World.open();
  const help = await world.run('home', ['--help']);
  for (const word of ['relay', 'up', 'sync', 'status', 'verify', 'paths', '0  in step', '3  the command']) {
    expect(help.stdout).toContain(word);
  }
  expect([help.code, help.stderr]).toEqual([0, '']);
  const ofCommand = await world.run('home', ['help', 'sync']);
  expect(ofCommand.stdout).toContain('--folder <id>');
  expect(ofCommand.code).toBe(0);
  const version = await world.run('home', ['--version']);
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
});

test('wrong usage is an error that says what is right, in words and as an event', async () => {
  const world = await World.open();
  const wrong = [
    ['synk', 'files'],
    ['sync'],
    ['sync', 'files', '--colour'],
    ['sync', 'files'],
    ['sync', 'files', '--relay', 'http://127.0.0.1:1'],
    ['sync', 'files', '--relay', ELSEWHERE, '--folder', 'notes'],
    ['sync', 'files', '--relay', ELSEWHERE, '--folder', '0'.repeat(32), '--case-sensitive'],
    ['sync', 'files', '--relay', ELSEWHERE, '--wait', 'long'],
    ['sync', 'files', '--relay', ELSEWHERE, '--token-file', 'nowhere'],
    ['status', 'files'],
    ['verify', 'files'],
    ['relay', '--allow-everyone', '--listen', 'here'],
    ['relay', '--allow-everyone', '--token-file', 'nowhere'],
  ];
  const ended = await Promise.all(wrong.map((args) => world.run('home', [...args, JSON_FLAG])));
  for (const each of ended) expectError(each, 'CONFIG_INVALID');
  const inWords = await world.run('home', ['sync', 'files']);
  expect(inWords.code).toBe(3);
  expect(inWords.stdout).toBe('');
  expect(inWords.stderr).toMatch(/No relay is known .*\nNext: Add --relay URL/);
  // Nothing was begun by any of these.
  expect(await readdir(world.root, { recursive: true })).toEqual([]);
});

test('a relay that was told nobody whom it serves does not start, nor one that would serve strangers', async () => {
  const world = await World.open();
  expectError(await world.run('relay', ['relay', JSON_FLAG]), 'RELAY_UNSAFE');
  const open = ['relay', JSON_FLAG, '--allow-everyone', '--listen', '0.0.0.0:0'];
  expectError(await world.run('relay', open), 'RELAY_UNSAFE');
});

test('a second relay at the same address, or on the same data, says who is in its way', async () => {
  const world = await World.open();
  const { url } = await world.relay();
  const sameAddress = ['relay', JSON_FLAG, '--allow-everyone', '--listen', new URL(url).host];
  expectError(await world.run('other', sameAddress), 'RELAY_PORT_IN_USE');
  const sameData = ['relay', JSON_FLAG, '--allow-everyone', '--listen', '127.0.0.1:0'];
  expectError(await world.run('relay', sameData), 'STORE_LOCKED');
});

test('without a relay in reach a new folder is begun, kept, and sent later', async () => {
  const world = await World.open();
  const relay = await world.relay();
  await relay.stop();
  const laptop = world.device('laptop');
  await laptop.write('a.txt', 'a\n');
  const alone = await laptop.sync(['--relay', relay.url, '--wait', '0']);
  expect(alone.report).toMatchObject({ inStep: false, link: { state: 'away' }, files: 1 });
  expect(alone.report['link'].why).toMatchObject({ code: 'LINK_UNREACHABLE' });
  expect(alone.code).toBe(1);
  const status = await laptop.status();
  expect(status.report['pending'].toRelay).toBeGreaterThan(0);
  expect(status.code).toBe(1);
  await relay.start();
  const together = await laptop.sync();
  expect(together.report).toMatchObject({ inStep: true, pending: { toRelay: 0 } });
  expect(together.code).toBe(0);
});

test('a folder that the relay does not have is an error, and leaves nothing behind', async () => {
  const world = await World.open();
  const relay = await world.relay();
  const laptop = world.device('laptop');
  await laptop.write('a.txt', 'a\n');
  const unknown = ['--relay', relay.url, '--folder', '0123456789abcdef0123456789abcdef'];
  expectError(await laptop.run('sync', unknown), 'FOLDER_NOT_FOUND');
  expectError(await laptop.run('up', unknown), 'FOLDER_NOT_FOUND');
  // The right one can be given afterwards.
  expect((await laptop.sync(['--relay', relay.url])).code).toBe(0);
});

test('who forgot the token the first time can join with it the second time', async () => {
  const world = await World.open();
  await writeFile(world.path('token'), 'correct-horse\n', { mode: 0o600 });
  const withToken = ['--token-file', world.path('token')];
  const relay = await world.relay('relay', withToken);
  const laptop = world.device('laptop');
  const desktop = world.device('desktop');
  await laptop.write('a.txt', 'a\n');
  const { folder } = await laptop.sync(['--relay', relay.url, ...withToken]);

  expectError(await desktop.run('up', ['--relay', relay.url]), 'AUTH_REQUIRED');
  const joined = await desktop.sync(['--relay', relay.url, '--folder', folder, ...withToken]);
  expect(joined.report).toMatchObject({ inStep: true, files: 1 });
  expect(joined.code).toBe(0);
});

test('a token file lets in who has the token and nobody else, and the token is never said', async () => {
  const world = await World.open();
  const token = 'correct-horse-battery-staple';
  await writeFile(world.path('token'), `${token}\n`, { mode: 0o600 });
  await writeFile(world.path('wrong'), 'staple-battery-horse\n', { mode: 0o600 });
  const relay = await world.relay('relay', ['--token-file', world.path('token')]);
  const laptop = world.device('laptop');
  const desktop = world.device('desktop');
  await laptop.write('a.txt', 'a\n');

  expectError(await laptop.run('up', ['--relay', relay.url]), 'AUTH_REQUIRED');
  expectError(
    await laptop.run('sync', ['--relay', relay.url, '--token-file', world.path('wrong')]),
    'AUTH_DENIED',
  );
  const right = ['--relay', relay.url, '--token-file', world.path('token')];
  const first = await laptop.sync(right);
  const second = await desktop.sync([...right, '--folder', first.folder]);
  expect([first.code, second.code]).toEqual([0, 0]);
  expect(await readFile(desktop.path('a.txt'), 'utf8')).toBe('a\n');
  // Its path is remembered, the token is not.
  const remembered = await laptop.sync();
  expect(remembered.code).toBe(0);
  for (const { stdout, stderr } of [first, second, remembered]) expect(stdout + stderr).not.toContain(token);
  for (const name of await readdir(world.path('laptop', 'state', 'evermesh', 'directories'))) {
    const entry = await readFile(world.path('laptop', 'state', 'evermesh', 'directories', name), 'utf8');
    expect(entry).not.toContain(token);
  }

  await writeFile(world.path('readable'), `${token}\n`, { mode: 0o644 });
  const exposed = await laptop.sync(['--token-file', world.path('readable')]);
  expect(exposed.events).toContainEqual(expect.objectContaining({ event: 'notice' }));
  expect(exposed.code).toBe(0);
});

test('a running up answers for its directory, and no second one starts there', async () => {
  const world = await World.open();
  const relay = await world.relay();
  const laptop = world.device('laptop');
  await laptop.write('a.txt', 'a\n');
  await laptop.up(['--relay', relay.url]);
  const running = await laptop.status();
  expect(running.report).toMatchObject({
    running: true,
    inStep: true,
    files: 1,
    link: { state: 'connected' },
  });
  expect(running.report).toMatchObject({ device: { name: 'laptop' }, directory: laptop.directory });
  expect(running.code).toBe(0);
  expectError(await laptop.run('up'), 'STORE_LOCKED');
  expect(laptop.running.events.at(-1)).toMatchObject({ event: 'synced' });

  await laptop.stop();
  const stopped = await laptop.status();
  expect(stopped.report).toMatchObject({ running: false, inStep: true, files: 1, link: { state: 'off' } });
  expect(stopped.code).toBe(0);
  const inWords = await world.run('laptop', ['status', laptop.directory]);
  expect(inWords.stdout).toMatch(/in step as far as is known here, 1 file here/);
});

test('what is not synced is listed with its reason', async () => {
  const world = await World.open();
  const relay = await world.relay();
  const laptop = world.device('laptop');
  await laptop.write('.evermeshignore', '*.log\n');
  await laptop.write('a.log', 'noise\n');
  await laptop.write('.git/config', 'git\n');
  await laptop.write('a.txt', 'a\n');
  await laptop.sync(['--relay', relay.url]);
  const { report } = await laptop.status(['--ignored']);
  expect(report).toMatchObject({ files: 2, ignoredCount: 2 });
  expect(report['ignored']).toContainEqual({ path: 'a.log', reason: 'a pattern in .evermeshignore' });
  expect(report['ignored']).toContainEqual({ path: '.git', reason: 'data of a version control system' });
});

test('verify names what was changed on disk behind its back, and sync takes it in', async () => {
  const world = await World.open();
  const relay = await world.relay();
  const laptop = world.device('laptop');
  await laptop.write('a.txt', 'a\n');
  await laptop.write('b.txt', 'b\n');
  await laptop.write('c.txt', 'c\n');
  await laptop.sync(['--relay', relay.url]);
  expect((await laptop.verify()).report).toMatchObject({ files: 3, disk: [], store: [] });

  await laptop.write('a.txt', 'changed\n');
  await rm(laptop.path('b.txt'));
  await laptop.write('new.txt', 'new\n');
  const found = await laptop.verify();
  const paths = (found.report['disk'] as { path: string }[]).map(({ path }) => path);
  expect(paths.sort()).toEqual(['a.txt', 'b.txt', 'new.txt']);
  expect(found.report['store']).toEqual([]);
  expect(found.code).toBe(2);
  expect((await laptop.status()).code).toBe(1);

  const taken = await laptop.sync();
  expect(taken.report).toMatchObject({ inStep: true, changes: 3 });
  expect((await laptop.verify()).code).toBe(0);
});

test('an emptied directory is not taken for deletions, unless that was meant', async () => {
  const world = await World.open();
  const relay = await world.relay();
  const laptop = world.device('laptop');
  const desktop = world.device('desktop');
  const names = Array.from({ length: 60 }, (_, index) => `${index}.txt`);
  for (const name of names) await laptop.write(name, `${name}\n`);
  const { folder } = await laptop.sync(['--relay', relay.url]);
  await desktop.sync(['--relay', relay.url, '--folder', folder]);

  for (const name of names) await rm(laptop.path(name));
  expectError(await laptop.run('sync'), 'MIRROR_HALTED');
  expect((await desktop.sync()).report).toMatchObject({ inStep: true, changes: 0, files: 60 });
  expect((await laptop.sync(['--allow-mass-deletion'])).code).toBe(0);
  expect((await desktop.sync()).report).toMatchObject({ inStep: true, files: 0 });
});

test('paths says where everything lies', async () => {
  const world = await World.open();
  const relay = await world.relay();
  const laptop = world.device('laptop');
  await laptop.write('a.txt', 'a\n');
  await laptop.sync(['--relay', relay.url]);
  const { code, events } = await laptop.run('paths');
  expect(code).toBe(0);
  const paths = events[0]!['paths'] as Record<string, string>;
  expect(paths).toMatchObject({ directory: laptop.directory });
  expect(await readdir(paths['data']!)).toContain('store');
  expect(JSON.parse(await readFile(paths['remembered in']!, 'utf8'))).toMatchObject({
    directory: laptop.directory,
  });
  const general = await world.run('laptop', ['paths', JSON_FLAG]);
  expect(general.events[0]!['paths']).toMatchObject({ data: world.path('laptop', 'share', 'evermesh') });
});

test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)('%s closes an up and a relay cleanly', async (signal) => {
  const world = await World.open();
  const relay = world.start('relay', ['relay', JSON_FLAG, '--allow-everyone', '--listen', '127.0.0.1:0']);
  const { url } = await relay.next('listening');
  const laptop = world.device('laptop');
  await laptop.write('a.txt', 'a\n');
  await laptop.up(['--relay', url as string]);
  for (const each of [laptop.running, relay]) {
    each.kill(signal);
    const ended = await each.ended;
    expect(ended.events.at(-1)).toEqual({ event: 'stopped' });
    expect([ended.code, ended.signal]).toEqual([0, null]);
  }
  // Closed cleanly means that nothing has to be repaired, and nothing holds the store.
  expect((await laptop.verify()).code).toBe(0);
  await expect(readdir(world.path('laptop', 'run', 'evermesh'))).resolves.toEqual([]);
});

test('a folder that is made so has names that differ in case only as two, on every device; none becomes so later', async () => {
  const world = await World.open();
  const relay = await world.relay();
  const laptop = world.device('laptop');
  for (const name of ['Makefile', 'makefile']) await laptop.write(name, `${name}\n`);
  const { folder, report } = await laptop.sync(['--relay', relay.url, '--case-sensitive']);
  expect(report).toMatchObject({ inStep: true, files: 2, conflicts: [] });
  expect((await laptop.sync(['--case-sensitive'])).code).toBe(0);
  const desktop = world.device('desktop');
  await desktop.sync(['--relay', relay.url, '--folder', folder]);
  expect(await readFile(desktop.path('Makefile'), 'utf8')).toBe('Makefile\n');
  expect(await readFile(desktop.path('makefile'), 'utf8')).toBe('makefile\n');
  const other = world.device('other');
  await other.sync(['--relay', relay.url]);
  expectError(await other.run('sync', ['--case-sensitive']), 'CONFIG_INVALID');
});
