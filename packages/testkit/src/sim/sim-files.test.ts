import { expect, test } from 'vitest';
import { POSIX } from './inode.ts';
import { Seeded } from './seeded.ts';
import { SimFiles } from './sim-files.ts';

/** Loses all that can be lost. */
const unlucky = Object.assign(new Seeded('unlucky'), {
  below: (limit: number) => limit - 1,
  chance: () => true,
});

test('a rename and its time are on the disk together, or neither is', () => {
  let now = 1000;
  const files = new SimFiles(POSIX, () => (now += 1000));
  const inode = files.create('/a', 0o644);
  files.write(inode, new Uint8Array([1]));
  files.sync(inode);
  const { ctime } = files.stat(inode);
  files.rename('/a', '/b');
  files.link('/b', '/c');
  expect(files.stat(inode).ctime).toBeGreaterThan(ctime);
  files.powerCut(unlucky);
  expect([...files.walk()].map(([path]) => path)).toEqual(['a']);
  expect(files.stat(inode).ctime).toBe(ctime);
});

test('a power cut answers what files held that it damaged, also of one that comes back by it', () => {
  const torn = Object.assign(new Seeded('torn'), {
    below: (limit: number) => limit - 1,
    chance: () => false,
  });
  const files = new SimFiles(POSIX, () => 1000);
  const saved = files.create('/a', 0o644);
  files.sync(saved);
  files.write(saved, new Uint8Array([1, 2]));
  files.rename('/a', '/b');
  files.rename('/b', '/c');
  files.unlink('/c');
  const damaged = files.powerCut(torn);
  expect([...files.walk()]).toEqual([['a', saved]]);
  expect([...damaged]).toEqual([[saved, new Uint8Array([1, 2])]]);
});
