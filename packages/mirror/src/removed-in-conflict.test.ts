/** A file of which two versions were made at one time is removed on a disk that shows one of them. */
import * as fs from 'node:fs/promises';
import { expect, test } from 'vitest';
import { testDevices } from './testing/devices.ts';
import { inFolder, onDisk, settleAll, type TestDevice } from './testing/test-device.ts';

const devices = testDevices();

/** Both disks show the same one of two contents of `d/logo`, which is returned with the other one. */
async function inConflict(): Promise<[a: TestDevice, b: TestDevice, shown: string, other: string]> {
  const [a, b] = await devices.pair();
  await a.write('d/logo', '\0first');
  await a.write('x', 'x\n');
  await settleAll(a, b);
  await a.write('d/logo', '\0of a');
  await b.write('d/logo', '\0of b');
  await settleAll(a, b);
  const shown = await b.read('d/logo');
  return [a, b, shown, shown === '\0of a' ? '\0of b' : '\0of a'];
}

async function expectBoth(a: TestDevice, b: TestDevice, expected: Record<string, string>): Promise<void> {
  await settleAll(a, b);
  for (const device of [a, b]) {
    expect(await onDisk(device)).toEqual(expected);
    expect(await inFolder(device)).toEqual(expected);
    expect(device.mirror.status()).toMatchObject({ conflicts: [], problems: [] });
  }
}

test('the other one takes its place, and goes when it is removed as well', async () => {
  const [a, b, , other] = await inConflict();
  await fs.rm(b.at('d/logo'));
  await expectBoth(a, b, { d: '/', 'd/logo': other, x: 'x\n' });
  expect(b.events).toContainEqual(
    expect.objectContaining({ type: 'conflict', path: 'd/logo', kind: 'content' }),
  );
  await fs.rm(a.at('d/logo'));
  await expectBoth(a, b, { d: '/', x: 'x\n' });
});

test('also if one device made both: a program wrote while a save that had not seen that lay on the disk', async () => {
  const [a, b] = await devices.pair();
  await a.write('notes', 'one\n');
  await settleAll(a, b);
  await a.write('notes', 'two\n');
  await a.folder.writeFile('notes', new TextEncoder().encode('\0of a program'));
  await settleAll(a, b);
  expect(await a.read('notes')).toBe('\0of a program');
  await fs.rm(a.at('notes'));
  await expectBoth(a, b, { notes: 'two\n' });
});

test('with its directory, the other one keeps the directory', async () => {
  const [a, b, , other] = await inConflict();
  await fs.rm(b.at('d'), { recursive: true });
  await expectBoth(a, b, { d: '/', 'd/logo': other, x: 'x\n' });
});

test('by a file that is moved over it, which has the name, and the other one a name beside', async () => {
  const [a, b, , other] = await inConflict();
  await fs.rename(b.at('x'), b.at('d/logo'));
  await settleAll(a, b);
  const [beside] = Object.keys(await onDisk(a)).filter((path) => path.startsWith('d/logo ')) as [string];
  await expectBoth(a, b, { d: '/', 'd/logo': 'x\n', [beside]: other });
});

test('a save of the shown one leaves the other listed', async () => {
  const [a, b] = await inConflict();
  await b.write('d/logo', '\0newer');
  await settleAll(a, b);
  for (const device of [a, b]) {
    expect(await device.read('d/logo')).toBe('\0newer');
    expect(device.mirror.status().conflicts).toMatchObject([{ path: 'd/logo', kind: 'content' }]);
  }
});
