/** What a database does not say by itself: damage that it would take for a new beginning. */
import { mkdtemp, readdir, rm } from 'node:fs/promises';
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
