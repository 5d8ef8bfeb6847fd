/** Somebody who makes symbolic links. Where a link leads is text that he types; most of them lead nowhere. */
import { utf8 } from '@evermesh/core/base';
import { type Desk, entries, isUnknown, newPath, pickFile, record, textOf } from './desk.ts';
import type { Inode } from './inode.ts';
import { lettersIn } from './letters.ts';
import { lines, shown } from './typing.ts';

type LinkStep = 'disk link' | 'disk relink' | 'disk link or file';

export const linkActs: Readonly<Record<LinkStep, (desk: Desk) => void>> = {
  'disk link'(desk) {
    const path = newPath(desk);
    const target = newTarget(desk);
    desk.say(`makes link ${path} to ${target}`);
    desk.files.makeLink(target, `${desk.root}/${path}`);
    record(desk, path, '', target);
  },
  'disk relink'(desk) {
    const link = pickLink(desk);
    if (link === undefined) return linkActs['disk link'](desk);
    const [path, inode] = link;
    const { files, root, random } = desk;
    const old = textOf(inode);
    const target = random.chance(0.5) ? newTarget(desk) : `${old}/${desk.letters.take(1)}`;
    desk.say(`lets link ${path} lead to ${target}, no longer to ${old}`);
    record(desk, path, old, target);
    if (random.chance(0.5)) {
      files.unlink(`${root}/${path}`);
      files.makeLink(target, `${root}/${path}`).isMadeAnew = true;
      return;
    }
    // As `ln --force` does: beside it, and in its place.
    const beside = `${root}/${path}.tmp~`;
    const made = files.makeLink(target, beside);
    files.rename(beside, `${root}/${path}`);
    made.renamedAt = inode.renamedAt;
    made.replacedAt = desk.now();
    if (isUnknown(desk, made)) desk.ledger.copied(lettersIn(target));
  },
  'disk link or file'(desk) {
    const { files, root, random } = desk;
    const link = random.chance(0.5) ? pickLink(desk) : undefined;
    const [path, inode] = link ?? pickFile(desk) ?? [];
    if (path === undefined || inode === undefined) return linkActs['disk link'](desk);
    const old = textOf(inode);
    const text = link === undefined ? newTarget(desk) : lines(desk, 2);
    desk.say(`makes a ${link === undefined ? 'link' : 'file'} of ${path}: ${shown(old)} -> ${shown(text)}`);
    record(desk, path, old, text);
    files.unlink(`${root}/${path}`);
    const made =
      link === undefined ? files.makeLink(text, `${root}/${path}`) : files.create(`${root}/${path}`, 0o644);
    made.isMadeAnew = true;
    if (link !== undefined) files.write(made, utf8(text));
  },
};

const newTarget = ({ random, letters }: Desk): string =>
  `${random.pick(['', '../', '/', 'a/'])}${letters.take(1 + random.below(3))}`;

function pickLink(desk: Desk): [string, Inode] | undefined {
  const links = entries(desk).filter(([, { kind }]) => kind === 'symlink');
  return links.length === 0 ? undefined : desk.random.pick(links);
}
