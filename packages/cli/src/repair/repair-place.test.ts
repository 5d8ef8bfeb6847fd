/** Wherever a repair is killed, whoever comes next finds one store: the old one, or the new one. */
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { endRepair, RepairPlace } from './repair-place.ts';

let data: string;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'evermesh-repair-'));
  onTestFinished(() => rm(data, { recursive: true, force: true }));
  await putStore(join(data, 'store'), 'old');
});

async function putStore(directory: string, which: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'which'), which);
}

const storeIn = (directory: string): Promise<string> => readFile(join(directory, 'which'), 'utf8');

test('a store that was built takes the place of the old one, which is kept', async () => {
  await using place = await RepairPlace.begin(data);
  await putStore(place.building, 'new');
  await place.replaceStore();
  expect(await storeIn(place.store)).toBe('new');
  expect(await storeIn(join(data, 'damaged-1', 'store'))).toBe('old');
});

test('what was kept of an earlier repair stays as it is', async () => {
  await putStore(join(data, 'damaged-1', 'store'), 'older');
  await using place = await RepairPlace.begin(data);
  await putStore(place.building, 'new');
  await place.replaceStore();
  expect(await storeIn(join(data, 'damaged-1', 'store'))).toBe('older');
  expect(await storeIn(join(data, 'damaged-2', 'store'))).toBe('old');
});

test('killed while it builds, nothing has happened', async () => {
  await putStore(join(data, 'repair', 'building'), 'half');
  await endRepair(data);
  expect(await storeIn(join(data, 'store'))).toBe('old');
  expect(await readdir(data)).toEqual(['store']);
});

test('killed before the old store is moved away, nothing has happened', async () => {
  await putStore(join(data, 'repair', 'store'), 'new');
  await endRepair(data);
  expect(await storeIn(join(data, 'store'))).toBe('old');
  expect(await readdir(data)).toEqual(['store']);
});

test('killed when the old store was moved away, the new one takes its place', async () => {
  await putStore(join(data, 'repair', 'store'), 'new');
  await mkdir(join(data, 'damaged-1'));
  await rename(join(data, 'store'), join(data, 'damaged-1', 'store'));
  await endRepair(data);
  expect(await storeIn(join(data, 'store'))).toBe('new');
  expect(await readdir(data)).toEqual(['damaged-1', 'store']);
});

test.each(['CURRENT', 'MANIFEST-000002'])(
  'killed while its lock was removed, nothing is in the way: without %s',
  async (gone) => {
    const place = await RepairPlace.begin(data);
    const lock = join(data, 'repair', 'lock');
    const copy = join(data, 'copy');
    await cp(lock, copy, { recursive: true });
    await place.close();
    await cp(copy, lock, { recursive: true });
    await rm(join(lock, gone));
    await rm(copy, { recursive: true });
    await endRepair(data);
    expect(await storeIn(join(data, 'store'))).toBe('old');
    expect(await readdir(data)).toEqual(['store']);
  },
);

test('one that works keeps all others out', async () => {
  await using _ = await RepairPlace.begin(data);
  await expect(RepairPlace.begin(data)).rejects.toMatchObject({ code: 'STORE_LOCKED' });
  await expect(endRepair(data)).rejects.toMatchObject({ code: 'STORE_LOCKED' });
});

test('without one, nothing is made', async () => {
  await endRepair(data);
  expect(await readdir(data)).toEqual(['store']);
});
