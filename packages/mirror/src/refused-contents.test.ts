/** Contents that a disk cannot hold, or that are damaged where they are kept: a matter of their file alone. */
import * as fs from 'node:fs/promises';
import { type BlobName, type FileContent, ROOT } from '@evermesh/core';
import { EvermeshError } from '@evermesh/core/errors';
import { describe, expect, test, vi } from 'vitest';
import { testDevices } from './testing/devices.ts';
import { deliver, exchange, onDisk, settleAll } from './testing/test-device.ts';

const devices = testDevices();

async function* noText(): AsyncGenerator<Uint8Array> {
  yield Uint8Array.of(0, 1, 2);
}
const BYTES = 'ae4b3280e56e2faf83f414a6e3dabe9d5fbe18976544c05fed121accb85b53fc' as BlobName;

describe('a symbolic link from elsewhere that can lead nowhere is named, and the files beside it arrive', () => {
  const targets: Record<string, FileContent> = {
    'its target is empty': { kind: 'text', text: '' },
    'its target holds a zero byte': { kind: 'text', text: 'a\0b' },
    'its target is bytes that are no text': { kind: 'blob', name: BYTES, size: 3 },
  };
  for (const [when, content] of Object.entries(targets)) {
    test(`when ${when}`, async () => {
      const [a, b] = await devices.pair();
      await a.blobs.write(noText(), BYTES);
      const { nodes } = a.folder;
      const id = nodes.newNodeId();
      const { failures } = await nodes.apply([
        { type: 'create', id, parent: ROOT, name: 'link', kind: 'symlink', content, digest: '' },
      ]);
      expect(failures.size).toBe(0);
      await a.folder.writeFile('file', 'text\n');
      await exchange(a, b);
      await b.settle();
      expect(await onDisk(b)).toEqual({ file: 'text\n' });
      expect(b.mirror.status().problems).toMatchObject([{ path: 'link', code: 'NAME_REFUSED' }]);
      await nodes.apply([{ type: 'remove', ids: [id] }]);
      await exchange(a, b);
      await b.settle();
      expect(b.mirror.status().problems).toEqual([]);
    });
  }
});

test('a content whose bytes are damaged here is named, leaves the old one on disk, and holds up no other file', async () => {
  const [a, b] = await devices.pair();
  await a.write('file', 'old\n');
  await settleAll(a, b);
  await a.write('file', Uint8Array.of(0, 1, 2));
  await a.write('other', 'text\n');
  await a.settle();
  await exchange(a, b);
  const reading = vi.spyOn(b.folder.blobs, 'read').mockImplementation(async function* (name) {
    // As blobs in files do it: that the bytes are not those of the name is seen at their end.
    yield Uint8Array.of(0, 1);
    await Promise.reject(new EvermeshError('BLOB_DAMAGED', `The bytes of blob ${name} are others.`));
  });
  await b.settle();
  expect(await onDisk(b)).toEqual({ file: 'old\n', other: 'text\n' });
  expect(b.mirror.status().problems).toMatchObject([{ path: 'file', code: 'CONTENT_DAMAGED' }]);
  expect(await fs.readdir(b.at('.evermesh/tmp'))).toEqual([]);
  reading.mockRestore();
  await b.settle();
  expect(await fs.readFile(b.at('file'))).toEqual(Buffer.of(0, 1, 2));
  expect(b.mirror.status().problems).toEqual([]);
});

test('a link whose target is bytes that have not arrived is waited for, and refused when they have', async () => {
  const [a, b] = await devices.pair();
  await a.blobs.write(noText(), BYTES);
  const { nodes } = a.folder;
  const content: FileContent = { kind: 'blob', name: BYTES, size: 3 };
  const id = nodes.newNodeId();
  await nodes.apply([
    { type: 'create', id, parent: ROOT, name: 'link', kind: 'symlink', content, digest: BYTES },
  ]);
  const { blobs } = b.folder;
  const isHere = vi.spyOn(blobs, 'size').mockResolvedValue(3);
  await deliver(a, b);
  isHere.mockRestore();
  await b.settle();
  expect(b.mirror.status()).toMatchObject({ notHere: ['link'], problems: [] });
  await blobs.write(noText(), BYTES);
  await b.settle();
  expect(b.mirror.status()).toMatchObject({
    notHere: [],
    problems: [{ path: 'link', code: 'NAME_REFUSED' }],
  });
  expect(await onDisk(b)).toEqual({});
});

test('a content whose blob is lost while it is written is named, and holds up no other file', async () => {
  const [a, b] = await devices.pair();
  await a.write('file', Uint8Array.of(0, 1, 2));
  await a.write('other', 'text\n');
  await a.settle();
  await exchange(a, b);
  const mirror = await b.open();
  const damaged = { path: 'file', code: 'CONTENT_DAMAGED' };
  // oxlint-disable-next-line require-yield -- because there is nothing left to give
  const reading = vi.spyOn(b.folder.blobs, 'read').mockImplementation(async function* (name) {
    await Promise.reject(new EvermeshError('BLOB_NOT_FOUND', `There is no blob ${name}.`));
  });
  await mirror.settle();
  expect(await onDisk(b)).toEqual({ other: 'text\n' });
  expect(mirror.status().problems).toMatchObject([damaged]);
  expect(b.events.some(({ type }) => type === 'inStep')).toBe(false);
  reading.mockRestore();
  await mirror.settle();
  expect(Object.keys(await onDisk(b))).toEqual(['file', 'other']);
  expect(mirror.status()).toMatchObject({ state: 'in step', problems: [] });
});
