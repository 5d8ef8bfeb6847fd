/** What a database does not say by itself: damage that it would take for a new beginning, and a beginning that is no damage. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { utf8 } from '@evermesh/core/base';
import { expect, onTestFinished, test } from 'vitest';
import { levelStore } from './level.ts';

test('a store without the file that names its others is refused, and keeps them', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'evermesh-level-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  const store = levelStore(directory);
  await store.open();
  await store.batch([{ type: 'put', key: 'a', value: utf8('a') }], { sync: true });
  await store.close();
  await rm(join(directory, 'CURRENT'));
  const left = await readdir(directory);
  const damaged = levelStore(directory);
  await expect(damaged.open()).rejects.toMatchObject({ code: 'LEVEL_CORRUPTION' });
  // Waits for whatever was begun behind the refusal.
  await damaged.close();
  // LevelDB begins a journal of its own for each attempt.
  expect((await readdir(directory)).filter((name) => name !== 'LOG.old')).toEqual(left);
});

test.each<{ readonly by: string; readonly files: Readonly<Record<string, string>> }>([
  { by: 'a kill', files: { 'MANIFEST-000001': 'whatever', '000001.dbtmp': 'MANIFEST-' } },
  {
    by: 'a power cut',
    files: {
      CURRENT: 'MANIFEST-000001\n',
      'MANIFEST-000001': '',
      'MANIFEST-000002': 'never named',
      '000003.log': '',
    },
  },
  { by: 'another that began it at the same time', files: { CURRENT: 'MANIFEST-000001\n' } },
])('a store whose making was cut off by $by begins anew', async ({ files }) => {
  const directory = await mkdtemp(join(tmpdir(), 'evermesh-level-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
  for (let times = 0; times < 2; times++) {
    const store = levelStore(directory);
    await store.open();
    expect((await store.get('a'))?.byteLength).toBe(times === 0 ? undefined : 1);
    await store.batch([{ type: 'put', key: 'a', value: utf8('a') }], { sync: true });
    await store.close();
  }
});

test('an empty manifest of a store that has rows is damage', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'evermesh-level-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  await writeFile(join(directory, 'CURRENT'), 'MANIFEST-000001\n');
  await writeFile(join(directory, 'MANIFEST-000001'), '');
  await writeFile(join(directory, '000003.log'), 'rows');
  await expect(levelStore(directory).open()).rejects.toMatchObject({ code: 'LEVEL_CORRUPTION' });
  expect(await readdir(directory)).toContain('000003.log');
});
