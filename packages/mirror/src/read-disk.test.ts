/** What of a large file is kept. */
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs/promises';
import { TEXT_LIMIT } from '@evermesh/core/model';
import { expect, test } from 'vitest';
import type { FileSystem } from './fs/file-system.ts';
import { nodeFileSystem } from './fs/node-file-system.ts';
import { testDevices } from './testing/devices.ts';

const devices = testDevices();

test('nothing of a large file that is written to while it is read stays where blobs lie', async () => {
  const device = await devices.make();
  let writes = 0;
  let isGrowing = true;
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    async openToRead(path) {
      const handle = await nodeFileSystem.openToRead(path);
      return {
        ...handle,
        async *pieces() {
          if (path.endsWith('large') && isGrowing) await fs.appendFile(path, 'x');
          yield* handle.pieces();
        },
      };
    },
  };
  const keep = device.blobs.write.bind(device.blobs);
  device.blobs.write = async (...given) => {
    const kept = await keep(...given);
    writes += 1;
    return kept;
  };
  await device.open({ fileSystem });
  await fs.writeFile(device.at('large'), randomBytes(TEXT_LIMIT + 1));
  await device.mirror.settle();
  expect(writes).toBe(0);
  isGrowing = false;
  await device.mirror.settle();
  expect(writes).toBeGreaterThan(0);
  expect((await device.folder.stat('large')).kind).toBe('file');
});
