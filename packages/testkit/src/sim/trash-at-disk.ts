/** Somebody who takes a file that was removed out of the mirror's trash, and puts it back where it was. */
import { type Desk, unmergedUnder, isRemembered, textOf } from './desk.ts';
import type { Inode } from './inode.ts';
import { lettersIn } from './letters.ts';
import { shown } from './typing.ts';

/** When it was put there, and the path that it had; not what a run that was killed left: nobody knows where that was. */
const IN_TRASH = /^\.evermesh\/trash\/[^/]+\/(?!unfinished\/)(.+)$/;

export const trashActs: Readonly<Record<'disk restore', (desk: Desk) => void>> = {
  'disk restore'(desk) {
    const { files, root, random, ledger, who, say, cannot } = desk;
    const found = inTrash(desk);
    if (found.length === 0) return cannot('finds nothing in the trash that he would like back');
    const [kept, path, inode] = random.pick(found);
    say(`puts ${path} back, which was in the trash: ${shown(textOf(inode))}`);
    files.rename(`${root}/${kept}`, `${root}/${path}`);
    unmergedUnder(desk, inode);
    const letters = lettersIn(textOf(inode));
    // Whoever else removed it had not seen that it came back; who edited it had other letters before him. Where a mirror that does not
    // run remembers the file that he took away there, nobody ever missed that: it never went, and a removal elsewhere takes it along.
    if (!isRemembered(desk, path))
      ledger.restored(letters, who, (how) => /^(removed with|replaced by) /.test(how));
    // It may be alive elsewhere: somebody edited what was removed.
    ledger.copied(letters);
  },
};

/** Files whose place is free: where they are, and where they were. */
function inTrash(desk: Desk): [kept: string, path: string, inode: Inode][] {
  const { files, root } = desk;
  const all = files.look(root) === undefined ? [] : [...files.walk(files.find(root))];
  const there = new Map(all);
  return all.flatMap(([kept, inode]): [string, string, Inode][] => {
    const path = IN_TRASH.exec(kept)?.[1];
    if (path === undefined || inode.kind === 'directory' || inode.isDamaged) return [];
    const parent = path.slice(0, Math.max(0, path.lastIndexOf('/')));
    const hasPlace = parent === '' || there.get(parent)?.kind === 'directory';
    // As this file system takes names for one.
    return hasPlace && files.look(`${root}/${path}`) === undefined ? [[kept, path, inode]] : [];
  });
}
