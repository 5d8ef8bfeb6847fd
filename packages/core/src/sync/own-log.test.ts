import { beforeEach, describe, expect, test } from 'vitest';
import { orderKey, recordKey } from '../log/keys.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { plainWalk } from './walk.ts';
import { readOwnLog } from './own-log.ts';
import { pendingWith } from './pending.ts';
import { deviceId, FOLDER, openTestFolder, type TestFolder, write } from './testing/test-folder.ts';

let folder: TestFolder;

beforeEach(async () => {
  folder = await openTestFolder({ device: deviceId(1), random: seededRandom(1) });
  for (const document of ['a', 'b', 'c']) await write(folder, [document]);
});

const read = (after = 0): ReturnType<typeof readOwnLog> =>
  readOwnLog(folder.log, {
    walk: plainWalk(0),
    concerns: () => true,
    after,
    records: 100,
    bytes: 1_000_000,
  });

describe('the own log', () => {
  test('is read in its order, to its end', async () => {
    const { records, through } = await read(1);
    expect([records.map(({ seq }) => seq), through]).toEqual([[2, 3], 3]);
  });

  test.each([
    ['record', recordKey(FOLDER, 'b' as never, 2)],
    ['place', orderKey(FOLDER, 2)],
    ['last place', orderKey(FOLDER, 3)],
  ])('of which a %s is lost is corrupt, never shorter', async (_, key) => {
    expect(folder.store.rows.delete(key)).toBe(true);
    const corrupt = { code: 'STORE_CORRUPT' };
    await expect(read()).rejects.toMatchObject(corrupt);
    await expect(pendingWith(folder, 'ws://relay.example')).rejects.toMatchObject(corrupt);
  });
});
