/** What a mirror says of itself while some of what the folder shows has not arrived. */
import { TREE_DOCUMENT } from '@evermesh/core/base';
import { expect, test } from 'vitest';
import { testDevices } from './testing/devices.ts';
import { deliver, type TestDevice } from './testing/test-device.ts';

const devices = testDevices();

async function deliverTree(from: TestDevice, to: TestDevice): Promise<void> {
  await from.folder.flush();
  for await (const { record } of from.synced.log.read.document(TREE_DOCUMENT, new Map()))
    await to.synced.log.append([record]).durable;
}

test('a directory is not in step while a file of the folder waits for its content, which is named', async () => {
  const [a, b] = await devices.pair();
  await a.write('d/late', 'late\n');
  await a.settle();
  await deliverTree(a, b);
  await b.settle();
  expect(b.mirror.status()).toMatchObject({ state: 'waiting', notHere: ['d/late'] });
  await deliver(a, b);
  await b.settle();
  expect(b.mirror.status()).toMatchObject({ state: 'in step', notHere: [] });
});

test('a file that is deleted is waited for no more', async () => {
  const [a, b] = await devices.pair();
  await a.write('late', 'late\n');
  await a.settle();
  await deliverTree(a, b);
  await b.settle();
  expect(b.mirror.status().notHere).toEqual(['late']);
  await b.folder.rm('late');
  expect(b.mirror.status()).toMatchObject({ state: 'in step', notHere: [] });
});
