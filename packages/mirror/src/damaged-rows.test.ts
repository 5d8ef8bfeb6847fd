/**
 * Each row that the mirror keeps, lost or altered, one at a time: it begins as if it knew less, or says that the store is damaged. No
 * content leaves the disk, and nobody's file counts as deleted.
 */
import * as fs from 'node:fs/promises';
import { join } from 'node:path';
import { isEvermeshError } from '@evermesh/core/errors';
import { expect, test } from 'vitest';
import { checkKeptRows } from './kept-rows.ts';
import { testDevices } from './testing/devices.ts';
import type { TestDevice } from './testing/test-device.ts';

const devices = testDevices();
const FILES = ['a.txt', 'in/b.txt', 'in/c.bin'];

async function prepared(): Promise<TestDevice> {
  const device = await devices.make();
  for (const path of FILES) await device.write(path, `what is in ${path}\n`);
  await device.settle();
  await device.closeMirror();
  return device;
}

async function keptRows({ store }: TestDevice): Promise<[string, Uint8Array][]> {
  const rows: [string, Uint8Array][] = [];
  for await (const row of store.iterator({ gte: 'f/', lt: 'f0' }))
    if (row[0].includes('/x/mirror')) rows.push(row);
  return rows;
}

test.each(['gone', 'cut short', 'altered'] as const)(
  'with a row that is %s no content is removed',
  async (how) => {
    let named = 0;
    const { length } = await keptRows(await prepared());
    expect(length).toBeGreaterThan(4);
    for (let index = 0; index < length; index++) {
      const device = await prepared();
      const [key, value] = (await keptRows(device))[index]!;
      const altered =
        how === 'cut short'
          ? value.slice(0, value.length >> 1)
          : value.map((byte, at) => (at === 1 ? byte ^ 64 : byte));
      await device.store.batch(
        [how === 'gone' ? { type: 'del', key } : { type: 'put', key, value: altered }],
        { sync: true },
      );
      const before = pathsOf(device);
      try {
        await checkKeptRows(device.folder.nodes);
        await device.settle();
      } catch (error) {
        if (!isEvermeshError(error, 'STORE_CORRUPT') && !isEvermeshError(error, 'FORMAT_TOO_NEW'))
          throw error;
        named += 1;
      }
      // Of a directory that is known no more, what is in it may be there twice, and under another name.
      const onDisk = await contentsOf(device);
      for (const path of FILES) expect(onDisk, key).toContain(`what is in ${path}\n`);
      expect(pathsOf(device).length, key).toBeGreaterThanOrEqual(before.length);
    }
    if (how !== 'gone') expect(named).toBeGreaterThan(0);
  },
);

const pathsOf = ({ folder: { nodes } }: TestDevice): string[] =>
  [...nodes.all()].map(({ id }) => nodes.pathOf(id)).sort();

async function contentsOf({ directory }: TestDevice): Promise<string[]> {
  const entries = await fs.readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && !entry.parentPath.includes('.evermesh'));
  return Promise.all(files.map(({ parentPath, name }) => fs.readFile(join(parentPath, name), 'utf8')));
}
