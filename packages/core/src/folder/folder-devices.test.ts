import { expect, test } from 'vitest';
import type { DeviceId, DocumentId, FolderId } from '../base/index.ts';
import { exchange, openFolder, type TestFolder } from '../testing/open-folder.ts';

const ID = '0123456789abcdef0123456789abcdef' as FolderId;

async function twoDevices(): Promise<[TestFolder, TestFolder]> {
  const a = await openFolder({ seed: 1, id: ID, name: 'notes' });
  const b = await openFolder({ seed: 2, id: ID });
  await exchange(a, b);
  return [a, b];
}

/** What anybody who may write to the folder can write. */
async function claim({ folder, state }: TestFolder, device: string, name: unknown): Promise<void> {
  const open = await state.live.open('evermesh.devices' as DocumentId);
  open.doc.getMap('names').set(device, name);
  open.close();
  await folder.flush();
}

test('a device that wrote something tells its name to the others, once', async () => {
  const [a, b] = await twoDevices();
  await a.folder.devices.introduce('  Zoë’s\tlaptop\n');
  await exchange(a, b);
  expect(await b.folder.devices.names()).toEqual(new Map([[a.state.device, 'Zoë’s laptop']]));
  const { seq } = a.state.log.position;
  await a.folder.devices.introduce('Zoë’s laptop');
  await a.folder.flush();
  expect(a.state.log.position.seq).toBe(seq);
  await a.folder.devices.introduce('desk');
  await exchange(a, b);
  expect(await b.folder.devices.names()).toEqual(new Map([[a.state.device, 'desk']]));
  // It is no data of an application's, and no file.
  expect(b.folder.documents.names()).toEqual([]);
  expect(await b.folder.readdir('')).toEqual([]);
  expect(await b.folder.verify()).toEqual([]);
});

test('a device that only reads tells nothing', async () => {
  const [a, b] = await twoDevices();
  const { seq } = b.state.log.position;
  await b.folder.devices.introduce('reader');
  await b.folder.flush();
  expect(b.state.log.position.seq).toBe(seq);
  await b.folder.writeFile('a', 'a\n');
  await b.folder.devices.introduce('reader');
  await exchange(a, b);
  expect(await a.folder.devices.names()).toEqual(new Map([[b.state.device, 'reader']]));
});

test('what others claim is cut to what people can read, and equal names have ids behind them', async () => {
  const [a] = await twoDevices();
  const device = (digit: string): DeviceId => digit.repeat(32) as DeviceId;
  await claim(a, device('1'), 'Laptop');
  await claim(a, device('2'), 'ｌaptop');
  await claim(a, device('3'), `evil\u001b[2J\u202e\n${'x'.repeat(1_000_000)}`);
  await claim(a, device('4'), 7);
  await claim(a, device('5'), '\u0000\u200b');
  await claim(a, 'no device', 'name');
  const names = await a.folder.devices.names({ id: a.state.device, name: 'laptop' });
  expect(names).toEqual(
    new Map([
      [device('1'), 'Laptop (11111111)'],
      [device('2'), 'ｌaptop (22222222)'],
      [device('3'), `evil [2J ${'x'.repeat(91)}`],
      [a.state.device, `laptop (${a.state.device.slice(0, 8)})`],
    ]),
  );
});

test('of more devices than anybody has some are named, and this one', async () => {
  const [a] = await twoDevices();
  const open = await a.state.live.open('evermesh.devices' as DocumentId);
  const all = open.doc.getMap('names');
  open.doc.transact(() => {
    for (let i = 0; i < 1500; i++) all.set(i.toString(16).padStart(32, '0'), `device ${i}`);
  });
  open.close();
  const names = await a.folder.devices.names({ id: a.state.device, name: 'mine' });
  expect(names.size).toBe(1001);
  expect(names.get(a.state.device)).toBe('mine');
});
