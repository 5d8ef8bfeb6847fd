/** Who may come in, and who no more, while everything runs: no process is started again, and no secret is ever said. */
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createHmac } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { World } from './support/world.ts';

const SECRET = 'a-secret-that-signs-tokens-in-tests-only';
const encoded = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** A token as any program would make it that knows the secret. `lasts` in seconds. */
function tokenFor(lasts: number, evermesh: object): string {
  const exp = Math.floor(Date.now() / 1000) + lasts;
  const text = `${encoded({ alg: 'HS256' })}.${encoded({ exp, evermesh })}`;
  return `${text}.${createHmac('sha256', SECRET).update(text).digest('base64url')}`;
}

const writeSecret = (path: string, secret: string): Promise<void> =>
  writeFile(path, `${secret}\n`, { mode: 0o600 });

/** What all files below a directory hold. */
async function contentsBelow(directory: string): Promise<string> {
  const names = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile());
  const contents = await Promise.all(
    files.map((file) => readFile(join(file.parentPath, file.name), 'latin1')),
  );
  return contents.join('\n');
}

test('another token at a running relay shuts out a running up, which says so, keeps what it has, and goes on with the new one', async () => {
  const world = await World.open();
  const [old, next] = ['correct-horse-battery', 'staple-horse-battery'];
  await writeSecret(world.path('relay-token'), old);
  await writeSecret(world.path('token'), old);
  const relay = await world.relay('relay', ['--verbose', '--token-file', world.path('relay-token')]);
  const laptop = world.device('laptop');
  await laptop.write('a.txt', 'a\n');
  const given = ['--verbose', '--relay', relay.url, '--token-file', world.path('token')];
  const folder = await laptop.up(given);

  // Of no use while it is written: that shuts nobody out.
  await writeFile(world.path('relay-token'), '');
  expect(await relay.running.next('notice')).toMatchObject({ message: expect.stringContaining('is empty') });
  await writeSecret(world.path('relay-token'), next);
  const isRefused = ({ state }: Record<string, unknown>): boolean => state === 'refused';
  const { why } = await laptop.running.next('link', isRefused);
  expect(why).toMatchObject({ code: 'AUTH_DENIED', next: expect.stringMatching(/kept/) });
  await laptop.write('b.txt', 'b\n');
  await laptop.running.next('change', ({ path }) => path === 'b.txt');
  const { report } = await laptop.status();
  expect(report).toMatchObject({ inStep: false, link: { state: 'refused' } });
  expect(report['pending'].toRelay).toBeGreaterThan(0);

  await writeSecret(world.path('token'), next);
  await laptop.running.next('synced');
  const desktop = world.device('desktop');
  const joined = await desktop.sync([...given, '--folder', folder]);
  expect(joined.code).toBe(0);
  expect(await readFile(desktop.path('b.txt'), 'utf8')).toBe('b\n');

  const said = [await laptop.stop(), await relay.stop(), joined].map(
    (ended) => ended!.stdout + ended!.stderr,
  );
  const remembered = await Promise.all(
    ['laptop', 'desktop', 'relay'].map((home) => contentsBelow(world.path(home))),
  );
  for (const text of [...said, ...remembered])
    for (const secret of [old, next]) expect(text).not.toContain(secret);
});

test('a signed token opens what it says, for as long as it says, and a new one is taken by a running up', async () => {
  const world = await World.open();
  await writeSecret(world.path('secret'), SECRET);
  const relay = await world.relay('relay', ['--verbose', '--jwt-secret-file', world.path('secret')]);
  const laptop = world.device('laptop');
  await laptop.write('a.txt', 'a\n');
  const given = ['--verbose', '--relay', relay.url, '--token-file', world.path('token')];
  // Clocks may differ by a minute, so this one lasts half of that more: long enough for the first sync.
  const ending = tokenFor(-35, { '*': 'write' });
  await writeSecret(world.path('token'), ending);
  const folder = await laptop.up(given);
  const { why } = await laptop.running.next('link', ({ state }) => state === 'refused');
  expect(why).toMatchObject({ code: 'AUTH_EXPIRED' });
  await laptop.write('b.txt', 'b\n');
  await laptop.running.next('change', ({ path }) => path === 'b.txt');
  const fresh = tokenFor(3600, { '*': 'write' });
  await writeSecret(world.path('token'), fresh);
  await laptop.running.next('synced');

  // Who may only read gets everything, and is told what becomes of what it changes.
  const reading = tokenFor(3600, { [folder]: 'read' });
  await writeSecret(world.path('reading'), reading);
  const desktop = world.device('desktop');
  const readOnly = ['--relay', relay.url, '--token-file', world.path('reading')];
  expect((await desktop.sync([...readOnly, '--folder', folder])).code).toBe(0);
  expect(await readFile(desktop.path('b.txt'), 'utf8')).toBe('b\n');
  await desktop.write('mine.txt', 'mine\n');
  const refused = await desktop.run('sync');
  expect(refused.events.at(-1)).toMatchObject({ event: 'error', code: 'AUTH_DENIED' });
  const elsewhere = world.device('elsewhere');
  const new_ = await elsewhere.run('sync', readOnly);
  expect(new_.events.at(-1)).toMatchObject({ event: 'error', code: 'AUTH_DENIED' });

  const said = [await laptop.stop(), await relay.stop(), refused, new_].map(
    (ended) => ended!.stdout + ended!.stderr,
  );
  const remembered = await Promise.all(
    ['laptop', 'desktop', 'relay'].map((home) => contentsBelow(world.path(home))),
  );
  for (const text of [...said, ...remembered])
    for (const secret of [SECRET, ending, fresh, reading]) expect(text).not.toContain(secret);
});

test('what a folder has no room for stays on the device by name, nothing else does, and it is sent when there is room', async () => {
  const world = await World.open();
  const small = await world.relay('relay', ['--allow-everyone', '--folder-bytes', '64KiB']);
  const laptop = world.device('laptop');
  await laptop.write('a.txt', 'a\n');
  const folder = (await laptop.sync(['--relay', small.url])).folder;
  const long = 'a line of a long file\n'.repeat(10_000);
  await laptop.write('long.txt', long);
  await laptop.write('removed.txt', long);
  await laptop.write(
    'large.bin',
    Uint8Array.from({ length: 300_000 }, (_, i) => (i * i) % 251),
  );
  await laptop.write('b.txt', 'b\n');
  const full = await laptop.run('sync');
  expect(full.code).toBe(2);
  expect(full.events.at(-1)).toMatchObject({
    event: 'sync',
    inStep: false,
    problems: ['large.bin', 'long.txt', 'removed.txt'].map((path) => ({ path, code: 'QUOTA_EXCEEDED' })),
  });
  const desktop = world.device('desktop');
  const early = await desktop.sync(['--relay', small.url, '--folder', folder]);
  expect(early.code).toBe(1);
  expect(await readFile(desktop.path('b.txt'), 'utf8')).toBe('b\n');
  expect((await laptop.status()).report['pending'].toRelay).toBeGreaterThan(0);
  for (const name of ['removed.txt', 'long.txt', 'large.bin', 'a.txt']) {
    if (name !== 'long.txt') await rm(laptop.path(name));
    const problems = ((await laptop.run('sync')).events.at(-1)?.['problems'] ?? []) as { path: string }[];
    expect(problems.map(({ path }) => path)).not.toContain(name === 'long.txt' ? 'removed.txt' : name);
  }
  await desktop.sync();
  await expect(stat(desktop.path('a.txt'))).rejects.toThrow('ENOENT');
  await small.stop();
  const port = new URL(small.url).port;
  const larger = ['--allow-everyone', '--folder-bytes', '10MiB', '--listen', `127.0.0.1:${port}`];
  await world.start('relay', ['relay', '--json', ...larger]).next('listening');
  expect((await laptop.sync()).code).toBe(0);
  expect((await desktop.sync()).code).toBe(0);
  expect(await readFile(desktop.path('long.txt'), 'utf8')).toBe(long);
});
