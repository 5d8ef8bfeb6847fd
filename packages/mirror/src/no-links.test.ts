/** A file system without hard links: what goes from its place is kept all the same. */
import * as fs from 'node:fs/promises';
import { expect, test } from 'vitest';
import type { FileSystem } from './fs/file-system.ts';
import { nodeFileSystem } from './fs/node-file-system.ts';
import { testDevices } from './testing/devices.ts';
import { onDisk, settleAll, type TestDevice } from './testing/test-device.ts';

const devices = testDevices();

const noLinks: FileSystem = {
  ...nodeFileSystem,
  link: (from) => Promise.reject(Object.assign(new Error(`no links: ${from}`), { code: 'EPERM' })),
};

/** Two devices in step, the second on such a file system. */
async function pair(fileSystem: FileSystem = noLinks): Promise<[TestDevice, TestDevice]> {
  const [a, b] = await devices.pair();
  await b.open({ fileSystem });
  await a.write('file', 'file\n');
  await a.write('other', 'other\n');
  await fs.symlink('old', a.at('link'));
  await settleAll(a, b);
  return [a, b];
}

/** What is in the trash, by the names it had. */
async function inTrash(device: TestDevice): Promise<Record<string, string>> {
  const trash = device.at('.evermesh/trash');
  const found: Record<string, string> = {};
  for (const time of await fs.readdir(trash).catch(() => []))
    Object.assign(found, await onDisk({ directory: `${trash}/${time}` }));
  return found;
}

test('what another file is moved over is in the trash', async () => {
  const [a, b] = await pair();
  await fs.rename(a.at('file'), a.at('other'));
  await settleAll(a, b);
  expect(await onDisk(b)).toEqual({ link: '-> old', other: 'file\n' });
  expect(await inTrash(b)).toEqual({ other: 'other\n' });
});

test('what a new file or link takes the place of is in the trash', async () => {
  const [a, b] = await pair();
  for (const name of ['file', 'link']) await fs.rm(a.at(name));
  await a.settle();
  await a.write('file', 'new\n');
  await fs.symlink('new', a.at('link'));
  await settleAll(a, b);
  expect(await onDisk(b)).toEqual({ file: 'new\n', link: '-> new', other: 'other\n' });
  expect(await inTrash(b)).toEqual({ file: 'file\n', link: '-> old' });
});

test('what a person writes while it is copied into the trash is not replaced', async () => {
  let isOpen = false;
  const [a, b] = await pair({
    ...noLinks,
    async openToRead(path) {
      const handle = await nodeFileSystem.openToRead(path);
      if (path.endsWith('/other') && isOpen) {
        isOpen = false;
        await fs.writeFile(path, 'by b\n');
      }
      return handle;
    },
  });
  isOpen = true;
  await fs.rename(a.at('file'), a.at('other'));
  await settleAll(a, b);
  expect(isOpen).toBe(false);
  for (const device of [a, b]) expect(Object.values(await onDisk(device))).toContain('by b\n');
});

test('what a person writes in the moment in which the file goes stays', async () => {
  const [a, b] = await pair({
    ...noLinks,
    async rename(from, to) {
      if (to.includes('/.evermesh/') && from.endsWith('/file')) await fs.writeFile(from, 'by b\n');
      await nodeFileSystem.rename(from, to);
    },
  });
  await fs.rm(a.at('file'));
  await settleAll(a, b);
  for (const device of [a, b]) expect(await onDisk(device)).toMatchObject({ file: 'by b\n' });
});
