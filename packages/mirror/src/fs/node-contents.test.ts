/** Contents on a real disk: what is read of what stands there, and what a new file is. */
import { execFileSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fromUtf8, utf8 } from '@evermesh/core/base';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { nodeFileSystem } from './node-file-system.ts';

let directory: string;
const at = (name: string): string => join(directory, name);

beforeEach(async () => {
  directory = await fs.mkdtemp(join(tmpdir(), 'evermesh-contents-'));
});
afterEach(() => fs.rm(directory, { recursive: true }));

describe('the start of a file', () => {
  test('is as long as was asked for, or as there is, with the stat of the whole', async () => {
    await fs.writeFile(at('file'), 'text');
    for (const [limit, expected] of [
      [0, ''],
      [3, 'tex'],
      [4, 'text'],
      [9, 'text'],
    ] as const) {
      const { bytes, stat } = await nodeFileSystem.readStart(at('file'), limit);
      expect(fromUtf8(bytes)).toBe(expected);
      expect(stat).toEqual(await nodeFileSystem.lstat(at('file')));
    }
  });

  test('of a pipe is nothing, and waits for nobody', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    // With a writer and bytes in it: whoever waits for them still gets them.
    const pipe = await fs.open(at('pipe'), 'r+');
    try {
      await pipe.write('theirs');
      expect(await nodeFileSystem.readStart(at('pipe'), 6)).toMatchObject({
        bytes: new Uint8Array(),
        stat: { kind: 'other' },
      });
      expect((await pipe.read(new Uint8Array(6))).bytesRead).toBe(6);
    } finally {
      await pipe.close();
    }
  });

  test('of a link fails, and of what is not there', async () => {
    await fs.writeFile(at('file'), 'text');
    await fs.symlink('file', at('link'));
    await expect(nodeFileSystem.readStart(at('link'), 4)).rejects.toMatchObject({ code: 'ELOOP' });
    await expect(nodeFileSystem.readStart(at('none'), 4)).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(nodeFileSystem.readStart(directory, 4)).rejects.toMatchObject({ code: 'EISDIR' });
  });
});

describe('a new file', () => {
  test('holds all pieces in their order, and its stat is of the whole', async () => {
    const stat = await nodeFileSystem.createFile(at('file'), [utf8('te'), utf8(''), utf8('xt')], {
      executable: false,
    });
    expect(await fs.readFile(at('file'), 'utf8')).toBe('text');
    expect(stat).toEqual(await nodeFileSystem.lstat(at('file')));
  });

  test('takes nothing from what is there already', async () => {
    await fs.writeFile(at('file'), 'theirs');
    await expect(
      nodeFileSystem.createFile(at('file'), [utf8('ours')], { executable: false }),
    ).rejects.toMatchObject({ code: 'EEXIST' });
    expect(await fs.readFile(at('file'), 'utf8')).toBe('theirs');
  });

  test('has the permissions of the one it stands for, and runs if it is to', async () => {
    const made = async (name: string, executable: boolean, permissions?: number): Promise<number> =>
      (await nodeFileSystem.createFile(at(name), [], { executable, permissions })).permissions;
    expect(await made('secret', false, 0o600)).toBe(0o600);
    expect(await made('group', true, 0o640)).toBe(0o750);
    expect(await made('none', false, 0o755)).toBe(0o644);
    expect((await made('new', true)) & 0o111).not.toBe(0);
  });

  test('whose content fails stays as far as it came', async () => {
    async function* broken(): AsyncGenerator<Uint8Array> {
      yield utf8('te');
      await Promise.reject(new Error('No more.'));
    }
    await expect(nodeFileSystem.createFile(at('file'), broken(), { executable: false })).rejects.toThrow(
      'No more.',
    );
    expect(await fs.readFile(at('file'), 'utf8')).toBe('te');
  });
});
