/** What a person moves while a mirror that was not started looks at the directory. */
import * as fs from 'node:fs/promises';
import { expect, test } from 'vitest';
import { nodeFileSystem } from './fs/node-file-system.ts';
import { testDevices } from './testing/devices.ts';
import { inFolder } from './testing/test-device.ts';

const devices = testDevices();

test('a file moved into a directory that was listed already is moved, and not deleted', async () => {
  const a = await devices.make();
  await a.write('A/x', 'x\n');
  await a.write('B/y', 'y\n');
  await a.settle();
  await a.closeMirror();
  let moved = '';
  await a.open({
    fileSystem: {
      ...nodeFileSystem,
      async list(path) {
        const listing = await nodeFileSystem.list(path);
        const [from, to] = path.endsWith('/A') ? ['B/y', 'A/y'] : ['A/x', 'B/x'];
        if (moved === '' && /\/[AB]$/.test(path)) {
          moved = to;
          await fs.rename(a.at(from), a.at(to));
        }
        return listing;
      },
    },
  });
  await a.settle();
  expect(a.changes('in').filter((change) => change.startsWith('removed'))).toEqual([]);
  expect(Object.keys(await inFolder(a))).toContain(moved);
});

test.each([
  ['a file', 'file', 'd/file', 'd'],
  ['a file that was moved before', 'other', 'd/file', 'd'],
  ['a directory with what is in it', 'e', 'f/e', 'f'],
])(
  '%s that is moved from where it was listed to where it is listed next is itself',
  async (_what, from, to, before) => {
    const a = await devices.make();
    for (const path of ['file', 'd/x', 'e/file', 'f/x']) await a.write(path, `${path}\n`);
    await a.settle();
    const made = a.changes('in').length;
    await a.closeMirror();
    const known = from === 'e' ? 'e/file' : 'file';
    const id = a.idOf(known);
    if (from === 'other') await fs.rename(a.at('file'), a.at('other'));
    let isMoved = false;
    await a.open({
      fileSystem: {
        ...nodeFileSystem,
        async list(path) {
          if (!isMoved && path === a.at(before)) {
            isMoved = true;
            await fs.rename(a.at(from), a.at(to));
          }
          return nodeFileSystem.list(path);
        },
      },
    });
    await a.settle();
    expect(isMoved).toBe(true);
    expect(a.idOf(from === 'e' ? 'f/e/file' : 'd/file')).toBe(id);
    expect(
      a
        .changes('in')
        .slice(made)
        .filter((change) => !change.startsWith('moved')),
    ).toEqual([]);
  },
);
