/** A relay that encrypts itself, and devices that were told of a private authority: sockets and files, as real processes. */
import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { AUTHORITY, ONE, TWO } from '../packages/server/src/testing/certificates.ts';
import { World } from './support/world.ts';

test('devices that know the authority keep in step over wss://, also while the certificate is renewed; others are told why not', async () => {
  const world = await World.open();
  const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((name) => world.path(name)) as [
    string,
    string,
    string,
  ];
  await Promise.all([writeFile(ca, AUTHORITY), writeFile(cert, ONE.cert), writeFile(key, ONE.key)]);
  const relay = await world.relay('relay', ['--allow-everyone', '--tls-cert', cert, '--tls-key', key]);
  expect(relay.url).toMatch(/^wss:\/\/127\.0\.0\.1:/);

  const stranger = world.device('stranger');
  await stranger.write('a.txt', 'a\n');
  const untold = await stranger.sync(['--relay', relay.url, '--wait', '1']);
  expect(untold.report).toMatchObject({ inStep: false, link: { why: { code: 'LINK_UNREACHABLE' } } });
  expect(untold.report['link'].why.message).toMatch(/certificate/);

  world.runner = ['/usr/bin/env', `NODE_EXTRA_CA_CERTS=${ca}`, process.execPath];
  const laptop = world.device('laptop');
  const desktop = world.device('desktop');
  // Too large to go with others: a request of its own, beside the socket.
  const large = new Uint8Array(300_000).map((_, index) => index * 7);
  await laptop.write('a.txt', 'a\n');
  await laptop.write('large.bin', large);
  const folder = await laptop.up(['--relay', relay.url]);

  await writeFile(cert, TWO.cert);
  const between = await relay.running.next('notice');
  expect(between).toMatchObject({ message: expect.stringContaining('before is still used') });
  await writeFile(key, TWO.key);
  expect(await relay.running.next('notice')).toMatchObject({ message: expect.stringContaining('holds now') });
  await laptop.write('b.txt', 'b\n');
  await laptop.running.next('synced');
  expect(laptop.running.events.filter(({ event }) => event === 'link')).toHaveLength(1);

  const joined = await desktop.sync(['--relay', relay.url, '--folder', folder]);
  expect(joined.code).toBe(0);
  expect(new Uint8Array(await readFile(desktop.path('large.bin')))).toEqual(large);
  expect(await readFile(desktop.path('b.txt'), 'utf8')).toBe('b\n');
});

test('a certificate without its key, or with another one, is told before anything is opened', async () => {
  const world = await World.open();
  await Promise.all([writeFile(world.path('cert'), ONE.cert), writeFile(world.path('key'), TWO.key)]);
  const given = [
    'relay',
    '--json',
    '--allow-everyone',
    '--listen',
    '127.0.0.1:0',
    '--tls-cert',
    world.path('cert'),
  ];
  for (const more of [[], ['--tls-key', world.path('none')], ['--tls-key', world.path('key')]]) {
    const { events, code } = await world.run('relay', [...given, ...more]);
    expect(events.at(-1)).toMatchObject({ event: 'error', code: 'CONFIG_INVALID' });
    expect(code).toBe(3);
  }
});
