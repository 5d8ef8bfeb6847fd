/** Two machines sync the same files. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateFiles, RENAMED } from './generate-files.ts';
import { assertSameTrees } from './same-trees.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'evermesh-bench-test-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const make = (name: string, seed: number): ReturnType<typeof generateFiles> =>
  generateFiles(join(root, name), { files: 130, renamed: 30, binaryPercent: 10, bytes: 4096, seed });

describe('generated files', () => {
  test('the same seed gives the same names and bytes, another seed gives others', async () => {
    await Promise.all([make('one', 1), make('two', 1), make('other', 2)]);
    const same = { files: 130, ignored: [] };
    await assertSameTrees(join(root, 'one'), join(root, 'two'), same);
    await expect(assertSameTrees(join(root, 'one'), join(root, 'other'), same)).rejects.toThrow(
      'is not in both',
    );
  });

  test('a tenth is no text, each has its size, and as many as asked are to be renamed', async () => {
    const { texts, renamed } = await make('sizes', 1);
    expect(texts).toHaveLength(117);
    const entries = await readdir(join(root, 'sizes'), { recursive: true, withFileTypes: true });
    const paths = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));
    expect(paths.filter((path) => path.startsWith(join(root, 'sizes', RENAMED)))).toHaveLength(renamed);
    const contents = await Promise.all(paths.map((path) => readFile(path)));
    expect(new Set(contents.map((content) => content.length))).toEqual(new Set([4096]));
    const texty = contents.filter((content) => Buffer.from(content.toString('utf8')).equals(content));
    expect(texty).toHaveLength(117);
  });
});
