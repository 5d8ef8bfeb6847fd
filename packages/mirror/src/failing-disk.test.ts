/** A disk some calls of which fail for a while: what they were part of is done later, and looks like nobody's work meanwhile. */
import { expect, test } from 'vitest';
import type { FileSystem } from './fs/file-system.ts';
import { nodeFileSystem } from './fs/node-file-system.ts';
import { testDevices } from './testing/devices.ts';
import { exchange, inFolder, onDisk, settleAll, type TestDevice } from './testing/test-device.ts';

const devices = testDevices();

/** A pair in step, and what makes renames of the second one fail: those from or to a path like this. */
async function failing(files: Record<string, string>): Promise<{
  a: TestDevice;
  b: TestDevice;
  fail: (path: RegExp | undefined) => void;
}> {
  const [a, b] = await devices.pair();
  let failed: RegExp | undefined;
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    async rename(from, to) {
      for (const path of [from, to])
        if (failed?.test(path.slice(b.directory.length + 1)) === true)
          throw Object.assign(new Error(`EIO: ${path}`), { code: 'EIO' });
      await nodeFileSystem.rename(from, to);
    },
  };
  await b.open({ fileSystem });
  for (const [path, content] of Object.entries(files)) await a.write(path, content);
  await settleAll(a, b);
  return {
    a,
    b,
    fail: (path) => {
      failed = path;
    },
  };
}

test('a file that cannot leave its old name does not get a second one', async () => {
  const { a, b, fail } = await failing({ old: 'text\n' });
  fail(/^\.evermesh\/tmp\//);
  await a.folder.rename('old', 'new');
  await exchange(a, b);
  await b.settle();
  expect(await onDisk(b)).toEqual({ old: 'text\n' });
  expect(b.mirror.status().problems).toMatchObject([{ path: 'new', code: 'WRITE_FAILED' }]);
  fail(undefined);
  await settleAll(a, b);
  for (const device of [a, b]) {
    expect(await onDisk(device)).toEqual({ new: 'text\n' });
    expect(await inFolder(device)).toEqual({ new: 'text\n' });
  }
});
