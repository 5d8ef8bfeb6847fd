import { appendFile, mkdtemp, readdir, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BlobName, utf8 } from '@evermesh/core/base';
import type { BlobStore } from '@evermesh/core/log';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fileBlobs } from './blob-files.ts';

let directory: string;
let blobs: BlobStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'evermesh-blobs-'));
  blobs = fileBlobs(directory);
  await blobs.open();
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function* once(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(utf8(text));
}

const fileOf = (name: BlobName): string => join(directory, name.slice(0, 2), name);

async function textOf(name: BlobName, offset?: number): Promise<string> {
  let text = '';
  for await (const piece of blobs.read(name, offset)) text += new TextDecoder().decode(piece);
  return text;
}

describe('blobs as files', () => {
  test('lie in directories by the first byte of their name, readable by nobody else', async () => {
    const { name } = await blobs.write(once('content'));
    const { mode, size } = await stat(fileOf(name));
    expect(size).toBe(7);
    expect(mode & 0o077).toBe(0);
    expect((await readdir(directory)).sort()).toEqual([name.slice(0, 2), 'partial'].sort());
  });

  test('leave nothing behind when a write ends, well or not', async () => {
    await blobs.write(once('content'));
    await expect(blobs.write(once('content'), '0'.repeat(64) as BlobName)).rejects.toThrow(/hash/);
    expect(await readdir(join(directory, 'partial'))).toEqual([]);
  });

  test('lose what a crashed run was writing when they are opened again', async () => {
    await writeFile(join(directory, 'partial', '0'), 'half of so');
    await blobs.open();
    expect(await readdir(join(directory, 'partial'))).toEqual([]);
    await blobs.write(once('content'));
  });

  test('that changed on disk are told to be damaged when they are read from the beginning', async () => {
    const { name } = await blobs.write(once('content'));
    await appendFile(fileOf(name), '!');
    await expect(textOf(name)).rejects.toMatchObject({ code: 'BLOB_DAMAGED' });
    expect(await textOf(name, 5)).toBe('nt!');
  });

  test('that were found damaged are not here, until they are written anew', async () => {
    const { name } = await blobs.write(once('content'));
    await writeFile(fileOf(name), 'Content');
    expect(await blobs.size(name)).toBe(7);
    await expect(textOf(name)).rejects.toMatchObject({ code: 'BLOB_DAMAGED' });
    expect(await blobs.size(name)).toBeUndefined();
    await blobs.write(once('content'), name);
    expect(await blobs.size(name)).toBe(7);
    expect(await textOf(name)).toBe('content');
  });

  test('that changed on disk and that nobody has read since are mended by the next write', async () => {
    const { name } = await blobs.write(once('content'));
    await writeFile(fileOf(name), 'Content');
    await blobs.write(once('content'));
    expect(await textOf(name)).toBe('content');
  });

  test('that a disk read wrongly once are here again when it reads them rightly', async () => {
    const { name } = await blobs.write(once('content'));
    await writeFile(fileOf(name), 'Content');
    await expect(textOf(name)).rejects.toMatchObject({ code: 'BLOB_DAMAGED' });
    await writeFile(fileOf(name), 'content');
    expect(await textOf(name)).toBe('content');
    expect(await blobs.size(name)).toBe(7);
  });

  test('that are sound are not written again', async () => {
    const { name } = await blobs.write(once('content'));
    const { ino } = await stat(fileOf(name));
    await blobs.write(once('content'));
    expect((await stat(fileOf(name))).ino).toBe(ino);
  });

  test('that were cut off are mended by the next write', async () => {
    const { name } = await blobs.write(once('content'));
    await truncate(fileOf(name), 3);
    await blobs.write(once('content'));
    expect(await textOf(name)).toBe('content');
  });

  test('that a disk does not take fail by name, with the cause', async () => {
    await rm(directory, { recursive: true });
    await expect(blobs.write(once('content'))).rejects.toMatchObject({
      code: 'STORE_FAILED',
      cause: { code: 'ENOENT' },
    });
    await writeFile(directory, 'a file');
    await expect(blobs.open()).rejects.toMatchObject({ code: 'STORE_FAILED' });
    await rm(directory);
  });
});
