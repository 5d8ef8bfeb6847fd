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
