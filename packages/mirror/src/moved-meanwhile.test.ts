/** What a person moves while a mirror that was not started looks at the directory. */
import * as fs from 'node:fs/promises';
import { expect, test } from 'vitest';
import { nodeFileSystem } from './fs/node-file-system.ts';
import { testDevices } from './testing/devices.ts';
import { inFolder } from './testing/test-device.ts';

const devices = testDevices();

test('a file moved into a directory that was listed already is moved, and not deleted', async () => {
  const a = await devices.make();
  await a.write('A/x', 'x\n');
  await a.write('B/y', 'y\n');
  await a.settle();
  await a.closeMirror();
  let moved = '';
  await a.open({
    fileSystem: {
      ...nodeFileSystem,
      async list(path) {
        const listing = await nodeFileSystem.list(path);
        const [from, to] = path.endsWith('/A') ? ['B/y', 'A/y'] : ['A/x', 'B/x'];
        if (moved === '' && /\/[AB]$/.test(path)) {
          moved = to;
          await fs.rename(a.at(from), a.at(to));
        }
        return listing;
      },
    },
  });
  await a.settle();
  expect(a.changes('in').filter((change) => change.startsWith('removed'))).toEqual([]);
  expect(Object.keys(await inFolder(a))).toContain(moved);
});
