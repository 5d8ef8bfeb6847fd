import * as fs from 'node:fs/promises';
import { expect, test } from 'vitest';
import { nodeFileSystem } from './fs/node-file-system.ts';
import { testDevices } from './testing/devices.ts';
import { settleAll } from './testing/test-device.ts';

const devices = testDevices();
const old = '.evermesh/trash/2020-01-01T00.00.00.000Z/file';

test('the trash is emptied of what is old by the first that is put there on a day, not at each', async () => {
  const [a, b] = await devices.pair();
  for (const name of ['one', 'two', 'three']) await a.write(name, 'x\n');
  await settleAll(a, b);
  const removed = async (name: string): Promise<boolean> => {
    await b.write(old, 'old');
    await fs.rm(a.at(name));
    await settleAll(a, b);
    return (await fs.readdir(b.at('.evermesh/trash'))).every((time) => !time.startsWith('2020'));
  };
  expect(await removed('one')).toBe(false);
  b.clock.pass(24 * 60 * 60 * 1000);
  expect(await removed('two')).toBe(true);
  expect(await removed('three')).toBe(false);
});

test('a trash that cannot be emptied stops nobody', async () => {
  const a = await devices.make();
  await a.write('.evermesh/trash/2020-01-02T00.00.00.000Z/file', 'old');
  await a.write(old, 'old');
  const unlink = async (path: string): Promise<void> => {
    if (path === a.at(old)) throw Object.assign(new Error('kept'), { code: 'EPERM' });
    return nodeFileSystem.unlink(path);
  };
  await a.open({ fileSystem: { ...nodeFileSystem, unlink } });
  await a.write('file', 'text\n');
  expect(await a.mirror.settle()).toBe(1);
  expect(await fs.readdir(a.at('.evermesh/trash'))).toEqual(['2020-01-01T00.00.00.000Z']);
});
