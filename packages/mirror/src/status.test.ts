/** What a mirror says of itself while it does not know all, or has not got all. */
import { TREE_DOCUMENT } from '@evermesh/core/base';
import { expect, test } from 'vitest';
import type { WatcherEvents } from './fs/watcher.ts';
import { testDevices } from './testing/devices.ts';
import { deliver, onDisk, settleAll, type TestDevice } from './testing/test-device.ts';

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

test('what was removed goes even if what was to take its place never arrives', async () => {
  const [a, b] = await devices.pair();
  await a.write('file', 'removed\n');
  await settleAll(a, b);
  b.mirror.start();
  await b.mirror.idle();
  await a.folder.rm('file');
  await a.folder.writeFile('file', 'late\n');
  await deliverTree(a, b);
  await b.mirror.idle();
  expect(b.mirror.status().notHere).toEqual(['file']);
  expect(await onDisk(b)).toEqual({ file: 'removed\n' });
  await a.folder.rm('file');
  await deliverTree(a, b);
  await b.mirror.idle();
  expect(await onDisk(b)).toEqual({});
  expect(await b.mirror.verify()).toEqual([]);
});

test('a survey names contents that have not arrived, and counts them as nothing to write', async () => {
  const [a, b] = await devices.pair();
  await a.write('here', 'here\n');
  await a.settle();
  await deliver(a, b);
  await a.write('late', 'late\n');
  await a.settle();
  await deliverTree(a, b);
  const mirror = await b.open();
  expect(await mirror.survey()).toEqual({ toFolder: 0, toDisk: 1 });
  expect(mirror.status().notHere).toEqual(['late']);
  await deliver(a, b);
  expect(await mirror.survey()).toEqual({ toFolder: 0, toDisk: 2 });
  expect(mirror.status().notHere).toEqual([]);
});

test('that the system lost events is told each time', async () => {
  const a = await devices.make();
  let events: WatcherEvents | undefined;
  const nothing = (): void => undefined;
  const watcher = {
    start: (_: string, to: WatcherEvents) => void (events = to),
    watch: nothing,
    retain: nothing,
    close: nothing,
  };
  await a.open({ watcher });
  a.mirror.start();
  for (let i = 0; i < 2; i++) events?.trouble('', 'EVENTS_LOST');
  expect(a.events.filter(({ type }) => type === 'eventsLost')).toHaveLength(2);
});
