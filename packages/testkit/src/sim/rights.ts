/**
 * Whether the mirror may read what is in its directory. It runs as a user of its own, which can lose the right to a file or a
 * directory; people, who work as another user, read and write on.
 */
import type { Inode } from './inode.ts';
import type { Seeded } from './seeded.ts';
import type { SimFiles } from './sim-files.ts';

const READ = 0o444;

export const isReadable = ({ permissions }: Inode): boolean => (permissions & READ) !== 0;

/** Takes the right to one entry of the directory `root`; answers whether there is any. */
export function takeRight(files: SimFiles, root: string, random: Seeded): boolean {
  const entries = [...files.walk(files.find(root))].filter(
    ([path, { kind }]) => kind !== 'symlink' && !`${path}/`.startsWith('.evermesh/'),
  );
  if (entries.length === 0) return false;
  const [, inode] = random.pick(entries);
  files.setPermissions(inode, inode.permissions & ~READ);
  return true;
}

/** Everything may be read again. */
export function giveRights(files: SimFiles): void {
  for (const [, inode] of files.walk())
    if (!isReadable(inode)) files.setPermissions(inode, inode.permissions | READ);
}
