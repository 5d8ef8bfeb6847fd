/** Whatever opens the device of a directory keeps the versions that somebody said are kept, and lets no other go. */
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileBlobs } from '@evermesh/adapters/blob-files';
import { levelStore } from '@evermesh/adapters/level';
import { type Clock, type FolderId, type Logger, openReplica, silentLogger } from '@evermesh/core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CommandContext } from './command-context.ts';
import { openIdleDevice } from './idle-device.ts';
import { openDevice } from './open-device.ts';
import { examine } from './repair/examine.ts';
import { RepairPlace } from './repair/repair-place.ts';
import type { Settings } from './settings.ts';

const DAY = 86_400_000;
const SAVES = 20;
/** The newer one first. */
const FILES = ['days.txt', 'weeks.txt'] as const;
const WITHIN = 'a folder is within its bounds';

let home: string;
let data: string;
let folder: FolderId;

const settings = (keepVersions: string | undefined): Settings => ({
  ...{ directory: join(home, 'notes'), relay: 'ws://127.0.0.1:9', data, folder, tokenFile: undefined },
  ...{ deviceName: 'laptop', caseSensitive: false, known: true, keepVersions },
});

/** Resolves when what is too old went. */
function heard(): { readonly logger: Logger; readonly within: Promise<void> } {
  let debug: Logger['debug'] = () => undefined;
  const within = new Promise<void>((resolve) => {
    debug = (message) => (message === WITHIN ? resolve() : undefined);
  });
  return { logger: { ...silentLogger, debug }, within };
}

/** Two files, each saved many times within one day: one three days ago, the other three weeks ago. */
beforeEach(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), 'evermesh-kept-')));
  data = join(home, 'data');
  await mkdir(join(home, 'notes'));
  const today = Math.floor(Date.now() / DAY) * DAY;
  let now = 0;
  const clock: Clock = { now: () => now, after: () => ({ cancel: () => undefined }) };
  const open = (): ReturnType<typeof openReplica> =>
    openReplica({ store: levelStore(join(data, 'store')), blobs: fileBlobs(join(data, 'blobs')), clock });
  for (const { path, days } of [
    { path: 'weeks.txt', days: 21 },
    { path: 'days.txt', days: 3 },
  ]) {
    now = today - days * DAY;
    const replica = await open();
    const [known] = replica.folders();
    const notes = await (known === undefined
      ? replica.createFolder({ name: 'notes' })
      : replica.folder(known.id));
    folder = notes.id;
    for (let save = 0; save < SAVES; save++) {
      await notes.writeFile(path, `${save}, ${'and what is said at some length '.repeat(50)}\n`);
      now += 60_000;
    }
    await replica.close();
    // From here on it is known how old they are.
    const later = await open();
    await later.folder(folder);
    await later.close();
  }
});
afterEach(() => rm(home, { recursive: true }));

/** How many versions are left of the newer file, and of the older one. */
async function versionsAfter(keepVersions: string | undefined): Promise<[number, number]> {
  const { logger, within } = heard();
  const device = await openDevice(settings(keepVersions), logger);
  if (keepVersions !== 'all') await within;
  const [newer, older] = await Promise.all(FILES.map((path) => device.folder.versions(path)));
  await device.replica.close();
  return [newer!.length, older!.length];
}

describe('files of which many versions are older than a day', () => {
  test('keep the last of the day where nothing else was said', async () => {
    expect(await versionsAfter(undefined)).toEqual([1, 1]);
  });

  test.each([
    ['all', SAVES, SAVES],
    ['7d', SAVES, 1],
    ['1w/1w/1y', SAVES, 1],
    ['1h/30d', 1, 1],
  ])('keep what was said: %s', async (kept, newer, older) => {
    expect(await versionsAfter(kept)).toEqual([newer, older]);
    // What went stays gone, what is left stays.
    expect(await versionsAfter('all')).toEqual([newer, older]);
  });

  test.each([
    [undefined, 1],
    ['7d', SAVES],
  ])('are looked at with the same bounds (%s)', async (kept, count) => {
    const { logger, within } = heard();
    const output = { tell: () => undefined };
    const device = await openIdleDevice(settings(kept), { output, logger } as unknown as CommandContext);
    await within;
    const answer = await device.ask({ type: 'versions', path: FILES[0], all: false });
    expect(answer.versions).toHaveLength(count);
    expect(await device.status()).toMatchObject({ keepVersions: kept ?? '1d/30d/1y' });
    await device.close();
  });

  test('lose none of them to a doctor, who changes nothing', async () => {
    const told: string[] = [];
    const logger = { ...silentLogger, debug: (message: string) => void told.push(message) };
    {
      await using place = await RepairPlace.begin(data);
      const signal = new AbortController().signal;
      const look = { place, folder, address: 'ws://127.0.0.1:9/', logger, signal };
      const examined = await examine({ ...look, onProgress: () => undefined });
      expect(examined.damage).toEqual([]);
      await examined.close();
    }
    expect(told).not.toContain('older records of a document went');
    expect(await versionsAfter('all')).toEqual([SAVES, SAVES]);
  });
});
