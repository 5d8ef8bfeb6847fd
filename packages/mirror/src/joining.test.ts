/** What two devices have before they meet. The same bytes are one file, other bytes are two. */
import * as fs from 'node:fs/promises';
import { describe, expect, test, vi } from 'vitest';
import { nodeFileSystem } from './fs/node-file-system.ts';
import { testDevices } from './testing/devices.ts';
import { deliver, exchange, inFolder, onDisk, settleAll, type TestDevice } from './testing/test-device.ts';

const devices = testDevices();

test('a directory that has the same files already makes no record and no conflict', async () => {
  const [a, b] = await devices.pair();
  for (const device of [a, b]) {
    await device.write('d/text', 'same\n');
    await device.write('binary', Uint8Array.of(0, 9, 8));
    await device.write('empty', '');
    await fs.symlink('d/text', device.at('link'));
  }
  await a.settle();
  await exchange(a, b);
  const records = b.records();
  await b.settle();
  expect(b.records()).toBe(records);
  await settleAll(a, b);
  expect(await onDisk(a)).toEqual({
    binary: '\0\t\b',
    d: '/',
    'd/text': 'same\n',
    empty: '',
    link: '-> d/text',
  });
  expect(await onDisk(b)).toEqual(await onDisk(a));
  expect(b.mirror.status().conflicts).toEqual([]);
});

test('the same files taken in on both sides before they meet become one each', async () => {
  const [a, b] = await devices.pair();
  for (const device of [a, b]) {
    await device.write('d/text', 'same\n');
    await device.write('binary', Uint8Array.of(0, 9, 8));
    await device.settle();
  }
  await settleAll(a, b);
  for (const device of [a, b]) {
    expect(await onDisk(device)).toEqual({ binary: '\0\t\b', d: '/', 'd/text': 'same\n' });
    expect(await inFolder(device)).toEqual(await onDisk(device));
    expect(device.mirror.status().conflicts).toEqual([]);
  }
});

test('an edit after such a joining is merged and not doubled', async () => {
  const [a, b] = await devices.pair();
  for (const device of [a, b]) {
    await device.write('text', 'one\ntwo\n');
    await device.settle();
  }
  await a.write('text', 'one\ntwo\nby a\n');
  await b.write('text', 'by b\none\ntwo\n');
  await settleAll(a, b);
  for (const device of [a, b]) expect(await onDisk(device)).toEqual({ text: 'by b\none\ntwo\nby a\n' });
});

test('an older version on disk joins as that version and is brought up to date', async () => {
  const [a, b] = await devices.pair();
  await a.write('text', 'one\n');
  await a.settle();
  await a.write('text', 'one\ntwo\n');
  await a.settle();
  await exchange(a, b);
  await b.write('text', 'one\n');
  await settleAll(a, b);
  for (const device of [a, b]) expect(await onDisk(device)).toEqual({ text: 'one\ntwo\n' });
  expect(b.changes('in')).toEqual([]);
});

test('other bytes under the same name are kept beside, and listed', async () => {
  const [a, b] = await devices.pair();
  await a.write('text.md', 'of a\n');
  await a.settle();
  await exchange(a, b);
  await b.write('text.md', 'of b\n');
  await settleAll(a, b);
  const shown = await onDisk(a);
  expect(await onDisk(b)).toEqual(shown);
  expect(shown['text.md']).toBe('of a\n');
  expect(Object.keys(shown).filter((name) => /^text \(~[0-9a-f]{8}\)\.md$/.test(name))).toHaveLength(1);
  expect(Object.values(shown).sort()).toEqual(['of a\n', 'of b\n']);
  expect(b.events).toContainEqual(
    expect.objectContaining({ type: 'conflict', path: 'text.md', kind: 'name' }),
  );
});

test('files made on both sides at once under one name are both kept, everywhere the same', async () => {
  const [a, b] = await devices.pair();
  await a.settle();
  await b.settle();
  await a.write('new', 'of a\n');
  await b.write('new', 'of b\n');
  await settleAll(a, b);
  expect(await onDisk(a)).toEqual(await onDisk(b));
  expect(Object.values(await onDisk(a)).sort()).toEqual(['of a\n', 'of b\n']);
  expect(a.mirror.status().conflicts).toHaveLength(1);
});

test('directories made on both sides at once become one', async () => {
  const [a, b] = await devices.pair();
  await a.settle();
  await b.settle();
  await a.write('d/e/of-a', 'a\n');
  await b.write('d/e/of-b', 'b\n');
  await settleAll(a, b);
  for (const device of [a, b]) {
    expect(await onDisk(device)).toEqual({ d: '/', 'd/e': '/', 'd/e/of-a': 'a\n', 'd/e/of-b': 'b\n' });
  }
  await fs.rename(a.at('d/e'), a.at('e'));
  await settleAll(a, b);
  expect(await onDisk(b)).toEqual({ d: '/', e: '/', 'e/of-a': 'a\n', 'e/of-b': 'b\n' });
});

test('what was deleted does not come back when the same is imported, unless a person made it anew', async () => {
  const [a, b] = await devices.pair();
  await a.write('text', 'one\n');
  await settleAll(a, b);
  await fs.rm(a.at('text'));
  await settleAll(a, b);
  expect(await onDisk(b)).toEqual({});
  await b.write('text', 'one\n');
  await settleAll(a, b);
  expect(await onDisk(a)).toEqual({ text: 'one\n' });
});

describe('a file whose name has its accents decomposed, while the contents of the folder are still on their way', () => {
  const composed = 'caf\u00E9';
  const decomposed = 'cafe\u0301';

  async function* piece(...bytes: number[]): AsyncGenerator<Uint8Array> {
    yield Uint8Array.from(bytes);
  }

  /** The second device has the tree and no contents. */
  async function withoutContents(...contents: Uint8Array[]): Promise<[TestDevice, TestDevice]> {
    const [a, b] = await devices.pair();
    for (const content of contents) {
      await a.write(composed, content);
      await a.settle();
    }
    const isThere = vi.spyOn(b.folder.blobs, 'size').mockResolvedValue(1);
    await deliver(a, b);
    isThere.mockRestore();
    return [a, b];
  }

  test('is the one that the folder has', async () => {
    const [a, b] = await withoutContents(Uint8Array.of(0, 1));
    await b.write(decomposed, Uint8Array.of(0, 1));
    await settleAll(a, b);
    expect(await onDisk(b)).toEqual({ [decomposed]: '\0\u0001' });
    expect(await onDisk(a)).toEqual({ [composed]: '\0\u0001' });
  });

  test('is an older version of the one whose content arrives when it was looked at', async () => {
    const [a, b] = await withoutContents(Uint8Array.of(0, 1), Uint8Array.of(0, 1, 2));
    await b.write(decomposed, Uint8Array.of(0, 1));
    let isRead = false;
    await b.open({
      fileSystem: {
        ...nodeFileSystem,
        async readStart(path, limit) {
          isRead ||= path.endsWith(decomposed);
          return nodeFileSystem.readStart(path, limit);
        },
        async lstat(path) {
          // The mirror is about to write.
          if (isRead && path.endsWith('/tmp')) await b.folder.blobs.write(piece(0, 1, 2));
          return nodeFileSystem.lstat(path);
        },
      },
    });
    await settleAll(a, b);
    expect(await onDisk(b)).toEqual({ [decomposed]: '\0\u0001\u0002' });
    expect(await onDisk(a)).toEqual({ [composed]: '\0\u0001\u0002' });
  });
});
