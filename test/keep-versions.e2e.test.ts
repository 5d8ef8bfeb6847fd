/** `--keep-versions`, as somebody says it, leaves it out, and says something else. */
import { expect, test } from 'vitest';
import { nextOf } from './support/expect-error.ts';
import { World } from './support/world.ts';

test('which versions are kept is remembered, shown, and stays as it is while an up runs', async () => {
  const world = await World.open();
  const relay = await world.relay();
  const laptop = world.device('laptop');
  await laptop.up(['--relay', relay.url]);
  expect((await laptop.status()).report).toMatchObject({ running: true, keepVersions: '1d/30d/1y' });
  const other = await laptop.run('sync', ['--keep-versions', 'all']);
  expect(nextOf(other, 'CONFIG_INVALID')).toContain('stop it first');
  await laptop.stop();
  expect((await laptop.status()).report).toMatchObject({ running: false, keepVersions: '1d/30d/1y' });

  await laptop.up(['--keep-versions', '7d/90d']);
  const sync = await laptop.run('sync', ['--keep-versions', '7d/90d']);
  expect([sync.code, (await laptop.status()).report['keepVersions']]).toEqual([0, '7d/90d']);
  await laptop.stop();
  await laptop.sync();
  expect((await laptop.status()).report['keepVersions']).toBe('7d/90d');
  await laptop.sync(['--keep-versions', 'all']);
  const inWords = await world.run('laptop', ['status', laptop.directory]);
  expect(inWords.stdout).toContain('versions   all are kept');
});
