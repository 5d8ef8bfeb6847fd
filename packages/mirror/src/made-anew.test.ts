/** A directory that is removed and made anew, which on most file systems gets the inode of the old one. */
import { mkdirSync, rmdirSync } from 'node:fs';
import * as fs from 'node:fs/promises';
import { systemClock } from '@evermesh/core';
import { expect, test } from 'vitest';
import type { FileStat, FileSystem } from './fs/file-system.ts';
import { nodeFileSystem } from './fs/node-file-system.ts';
import { nodeWatcher } from './fs/node-watcher.ts';
import { testDevices } from './testing/devices.ts';
import { inFolder } from './testing/test-device.ts';

const devices = testDevices();

/** `d` has one inode, as if it were always used again, and the time of its birth is told or not. */
function oneInode(tellsBirth: boolean): FileSystem {
  const used = (stat: FileStat): FileStat => ({ ...stat, inode: 7n, born: tellsBirth ? stat.born : 0n });
  return {
    ...nodeFileSystem,
    async lstat(path) {
      const stat = await nodeFileSystem.lstat(path);
      return stat === undefined || !path.endsWith('/d') ? stat : used(stat);
    },
    async list(path) {
      const listing = await nodeFileSystem.list(path);
      return {
        ...listing,
        entries: listing.entries.map(({ name, stat }) => ({ name, stat: name === 'd' ? used(stat) : stat })),
      };
    },
  };
}

test.each([
  ['a file system that tells when it was made', true],
  ['one that does not', false],
])('is watched like any other on %s', async (_, tellsBirth) => {
  const a = await devices.make();
  let told = (): unknown => undefined;
  const next = (is: () => boolean): Promise<void> =>
    new Promise((resolve) => {
      told = () => is() && resolve();
    });
  await fs.mkdir(a.at('d'));
  const fileSystem = oneInode(tellsBirth);
  await a.open({ clock: systemClock, fileSystem, watcher: nodeWatcher(), onEvent: () => told() });
  const settled = next(() => a.mirror.status().state === 'in step');
  a.mirror.start();
  await settled;
  const id = a.idOf('d');
  const { born } = (await nodeFileSystem.lstat(a.at('d'))) as FileStat;
  // In one turn: a look in between that is long enough would be another story.
  rmdirSync(a.at('d'));
  mkdirSync(a.at('d'));
  expect(((await nodeFileSystem.lstat(a.at('d'))) as FileStat).born).not.toBe(born);
  const seen = next(() => a.idOf('beside') !== undefined);
  await a.write('beside', '');
  await seen;
  await a.mirror.idle();
  expect(a.idOf('d')).toBe(id);
  const found = next(() => a.idOf('d/new') !== undefined);
  // Empty, so that there is no moment in which it is not yet what it becomes.
  await a.write('d/new', '');
  await found;
  await a.mirror.idle();
  expect(await inFolder(a)).toEqual({ beside: '', d: '/', 'd/new': '' });
});
