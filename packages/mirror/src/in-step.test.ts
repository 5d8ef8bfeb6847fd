/** 'in step' is said when disk and folder hold the same, and not while something known is open. */
import { expect, test } from 'vitest';
import { nodeFileSystem } from './fs/node-file-system.ts';
import { testDevices } from './testing/devices.ts';
import { deliver } from './testing/test-device.ts';

const devices = testDevices();

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
