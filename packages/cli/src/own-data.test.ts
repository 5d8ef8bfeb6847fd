import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { levelStore } from '@evermesh/adapters/level';
import { threadCompaction } from '@evermesh/adapters/compaction-thread';
import { memoryBlobs } from '@evermesh/adapters/memory';
import { openReplica } from '@evermesh/core';
import { allowEveryone, openRelay } from '@evermesh/server';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { checkOwnData } from './own-data.ts';

let data: string;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'evermesh-own-data-'));
  onTestFinished(() => rm(data, { recursive: true, force: true }));
});

describe('a data directory that is given for the first time', () => {
  test('may be missing, empty, or hold what has nothing to do with it', async () => {
    await checkOwnData(join(data, 'missing'));
    await checkOwnData(data);
    await writeFile(join(data, 'letter.txt'), 'dear');
    await checkOwnData(data);
  });

  test.each(['store', 'blobs', 'conflicts', 'repair'])(
    'is refused if somebody keeps a %s in it',
    async (name) => {
      await mkdir(join(data, name));
      await writeFile(join(data, name, 'mine'), 'mine');
      await expect(checkOwnData(data)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
      expect(await readFile(join(data, name, 'mine'), 'utf8')).toBe('mine');
    },
  );

  test('may be a device’s, or what a start left that was cut short, and no relay’s', async () => {
    const store = join(data, 'store');
    await mkdir(store);
    await checkOwnData(data);
    await writeFile(join(store, 'LOCK'), '');
    await checkOwnData(data);
    const replica = await openReplica({ store: levelStore(store), blobs: memoryBlobs() });
    await replica.createFolder({ name: 'notes' });
    await replica.close();
    await checkOwnData(data);
    await rm(store, { recursive: true });
    const listen = { host: '127.0.0.1', port: 0 };
    const relay = await openRelay({
      store: levelStore(store),
      blobs: memoryBlobs(),
      listen,
      authorizer: allowEveryone,
      compaction: { runner: threadCompaction() },
    });
    await relay.close();
    await expect(checkOwnData(data)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  });
});
