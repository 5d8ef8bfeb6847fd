/** Logs that LevelDB did not read in an earlier opening, and second names that something else left behind. */
import { copyFile, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { utf8 } from '@evermesh/core/base';
import { Level } from 'level';
import { expect, onTestFinished, test } from 'vitest';
import { levelStore } from './level.ts';

async function temporary(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'evermesh-kept-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

async function write(directory: string, value: string): Promise<void> {
  const store = levelStore(directory);
  await store.open();
  await store.batch([{ type: 'put', key: 'row', value: utf8(value) }], { sync: true });
  await store.close();
}

async function read(directory: string): Promise<string | undefined> {
  const store = levelStore(directory);
  await store.open();
  const row = await store.get('row');
  await store.close();
  return row && new TextDecoder().decode(row);
}

async function logOf(directory: string): Promise<string> {
  return (await readdir(directory)).find((name) => name.endsWith('.log'))!;
}

/** As LevelDB does where it cannot open a log: it goes on without. */
async function passOver(directory: string, log: string): Promise<void> {
  await rm(join(directory, log));
  await rm(join(directory, 'CLOSED'));
  const database = new Level(directory);
  await database.open();
  await database.close();
}

test.each([false, true])(
  'a log that was not read is read next, also if it is there still: %s',
  async (isThere) => {
    const directory = await temporary();
    await write(directory, 'kept');
    const log = await logOf(directory);
    const aside = join(await temporary(), log);
    await copyFile(join(directory, log), aside);
    await passOver(directory, log);
    await copyFile(aside, join(directory, `${log}.kept`));
    if (isThere) await copyFile(aside, join(directory, log));
    expect(await read(directory)).toBe('kept');
    expect(await read(directory)).toBe('kept');
    expect((await readdir(directory)).filter((name) => name.endsWith('.kept'))).toEqual([]);
  },
);

test('a second name of a log that the database is past hides nothing newer', async () => {
  const directory = await temporary();
  await write(directory, 'old');
  const log = await logOf(directory);
  const aside = join(await temporary(), log);
  await copyFile(join(directory, log), aside);
  await write(directory, 'new');
  await copyFile(aside, join(directory, `${log}.kept`));
  expect(await read(directory)).toBe('new');
  expect(await read(directory)).toBe('new');
});

test('an attempt beside a process that has the database leaves nothing there', async () => {
  const directory = await temporary();
  const store = levelStore(directory);
  await store.open();
  onTestFinished(() => store.close());
  await store.batch([{ type: 'put', key: 'row', value: utf8('kept') }], { sync: true });
  const before = (await readdir(directory)).filter((name) => !name.startsWith('LOG'));
  await expect(levelStore(directory).open()).rejects.toMatchObject({ cause: { code: 'LEVEL_LOCKED' } });
  expect((await readdir(directory)).filter((name) => !name.startsWith('LOG'))).toEqual(before);
});
