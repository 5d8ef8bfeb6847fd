/** 'in step' is said when disk and folder hold the same, and not while something known is open. */
import { expect, test } from 'vitest';
import { nodeFileSystem } from './fs/node-file-system.ts';
import { testDevices } from './testing/devices.ts';
import { deliver, inFolder } from './testing/test-device.ts';

const devices = testDevices();

test('a file that is written to without a pause keeps the mirror from being in step, until it rests', async () => {
  const a = await devices.make();
  await a.write('log', 'a\n');
  let isWritten = true;
  let grown = 0;
  const written = async (path: string): Promise<void> => {
    if (isWritten && path.endsWith('/log')) await a.write('log', 'a\n'.repeat(++grown));
  };
  await a.open({
    fileSystem: {
      ...nodeFileSystem,
      async readStart(path, limit) {
        await written(path);
        return nodeFileSystem.readStart(path, limit);
      },
      async openToRead(path) {
        const handle = await nodeFileSystem.openToRead(path);
        return {
          ...handle,
          async sync() {
            await written(path);
            await handle.sync();
          },
        };
      },
    },
  });
  await a.settle();
  const problems = [{ path: 'log', code: 'FILE_CHANGING' }];
  expect(a.mirror.status()).toMatchObject({ state: 'waiting', problems });
  expect(a.events.some(({ type }) => type === 'inStep')).toBe(false);
  isWritten = false;
  await a.settle();
  expect(a.mirror.status()).toMatchObject({ state: 'in step', problems: [] });
  expect(await inFolder(a)).toEqual({ log: 'a\n'.repeat(grown) });
});

test('what cannot be written leaves the mirror waiting, until it can', async () => {
  const [a, b] = await devices.pair();
  await a.write('file', 'text\n');
  await a.settle();
  await deliver(a, b);
  let full = false;
  const error = Object.assign(new Error('full'), { code: 'ENOSPC' });
  await b.open({
    fileSystem: {
      ...nodeFileSystem,
      createFile: (...file) => (full ? Promise.reject(error) : nodeFileSystem.createFile(...file)),
    },
  });
  full = true;
  await b.settle();
  expect(b.mirror.status()).toMatchObject({ state: 'waiting', problems: [{ code: 'WRITE_FAILED' }] });
  expect(b.events.some(({ type }) => type === 'inStep')).toBe(false);
  full = false;
  await b.settle();
  expect(b.mirror.status()).toMatchObject({ state: 'in step', problems: [] });
  expect(b.events.filter(({ type }) => type === 'inStep')).toHaveLength(1);
});
