/**
 * Somebody who works with files in a directory, with programs that know nothing of a mirror. A call of theirs happens at one
 * instant; only a slow save leaves a moment in which the file is half there.
 */
import { concatBytes, utf8 } from '@evermesh/core/base';
import { lettersIn } from './letters.ts';
import {
  type Desk,
  directories,
  unmergedUnder,
  entries,
  isText,
  isUnknown,
  newPath,
  pickFile,
  record,
  textOf,
  vacate,
} from './desk.ts';
import { linkActs } from './links-at-disk.ts';
import { trashActs } from './trash-at-disk.ts';
import type { DiskStep } from './script.ts';
import { edited, lines, shown } from './typing.ts';

/** What a file system refuses. */
const REFUSED = /^E(NOENT|NOTDIR|ISDIR|EXIST|NOTEMPTY|INVAL|LOOP)$/;

export async function actOnDisk(step: DiskStep, desk: Desk): Promise<void> {
  try {
    await ACTS[step](desk);
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    if (!REFUSED.test(code)) throw error;
    desk.say(`is told ${code}`);
  }
}

const ACTS: Readonly<Record<DiskStep, (desk: Desk) => Promise<void> | void>> = {
  ...linkActs,
  ...trashActs,
  'disk create'(desk) {
    const path = newPath(desk);
    const text = desk.random.chance(0.1) ? '' : lines(desk, 1 + desk.random.below(3));
    desk.say(() => `writes ${path}: ${shown(text)}`);
    put(desk, path, utf8(text), text);
  },
  'disk edit'(desk) {
    const file = pickFile(desk);
    if (file === undefined) return ACTS['disk create'](desk);
    const [path, inode] = file;
    const old = textOf(inode);
    if (!isText(inode.data)) return ACTS['disk create'](desk);
    const text = edited(old, desk);
    desk.say(() => `saves ${path}: ${shown(old)} -> ${shown(text)}`);
    record(desk, path, old, text);
    if (desk.random.chance(0.5)) return desk.files.write(inode, utf8(text));
    // As many editors do: beside it, and in its place.
    const beside = `${desk.root}/${path}.tmp~`;
    const saved = desk.files.create(beside, inode.permissions);
    desk.files.write(saved, utf8(text));
    desk.files.rename(beside, `${desk.root}/${path}`);
    saved.renamedAt = inode.renamedAt;
    saved.replacedAt = desk.now();
    // A mirror that died while it moved the file left it two names: who saves over one of them makes two files of it.
    const isTorn = !desk.isMirrored && entries(desk).some(([, there]) => there === inode);
    if (isTorn || isUnknown(desk, saved)) desk.ledger.copied(lettersIn(text));
  },
  async 'disk slow edit'(desk) {
    const file = pickFile(desk);
    if (file === undefined) return ACTS['disk create'](desk);
    const [path, inode] = file;
    const old = textOf(inode);
    if (!isText(inode.data)) return ACTS['disk create'](desk);
    const text = edited(old, desk);
    desk.say(() => `begins to save ${path}: ${shown(old)} -> ${shown(text)}`);
    record(desk, path, old, text);
    inode.saving = text;
    desk.files.write(inode, new Uint8Array(0));
    await desk.sleep(desk.random.float() * 5);
    inode.saving = undefined;
    desk.files.write(inode, utf8(text));
    desk.say(`has saved ${path}`);
    // What is in the trash by now is kept, and told: in nobody's folder.
    if (!entries(desk).some(([, there]) => there === inode))
      desk.ledger.excuse(lettersIn(text), 'a program kept a file open that another took the place of');
  },
  'disk rename'(desk) {
    return move(desk, (path) =>
      [...path.split('/').slice(0, -1), desk.random.pick(desk.naming.names)].join('/'),
    );
  },
  'disk move'(desk) {
    const into = desk.random.pick(['', ...directories(desk)]);
    return move(desk, (path) => {
      const name = path.slice(path.lastIndexOf('/') + 1);
      return into === '' ? name : `${into}/${name}`;
    });
  },
  'disk remove'(desk) {
    const all = entries(desk);
    if (all.length === 0) return ACTS['disk create'](desk);
    const [path] = desk.random.pick(all);
    const doomed = all.filter(([at]) => at === path || at.startsWith(`${path}/`)).reverse();
    if (doomed.some(([, { saving }]) => saving !== undefined))
      return desk.cannot('lets a program save first');
    desk.say(`removes ${path}`);
    for (const [at, inode] of doomed) {
      desk.ledger.replaced(textOf(inode), '', `removed with ${path} by ${desk.who}`);
      vacate(desk, [at]);
      if (inode.kind === 'directory') desk.files.removeDirectory(`${desk.root}/${at}`);
      else desk.files.unlink(`${desk.root}/${at}`);
    }
  },
  'disk mkdir'(desk) {
    const path = newPath(desk);
    desk.say(`makes directory ${path}`);
    desk.files.makeDirectory(`${desk.root}/${path}`);
  },
  'disk attach'(desk) {
    // Of its own name: who makes another kind of file of one that others edit keeps what they wrote out of sight.
    const path = `${newPath(desk)}.bin`;
    const letters = desk.letters.take(4);
    const bytes = concatBytes([
      utf8(`\0${letters}`),
      new Uint8Array(desk.random.below(4) === 0 ? 70_000 : 10).fill(120),
    ]);
    desk.say(`writes ${path}: ${letters}, ${bytes.byteLength} bytes`);
    put(desk, path, bytes, letters);
  },
  'disk chmod'(desk) {
    const file = pickFile(desk);
    if (file === undefined) return ACTS['disk create'](desk);
    const [path, inode] = file;
    desk.say(`changes the mode of ${path}`);
    desk.files.setPermissions(inode, inode.permissions ^ 0o111);
  },
};

/** A new file, or another content of one that is there. */
function put(desk: Desk, path: string, bytes: Uint8Array, text: string): void {
  const { files, root } = desk;
  const there = files.look(`${root}/${path}`);
  if (there?.kind === 'directory') return desk.say('is told EISDIR');
  if (there?.kind === 'symlink') return desk.cannot('would write to what a link leads to');
  if (there !== undefined && isText(there.data) !== isText(bytes))
    return desk.cannot('would not make another kind of it');
  if (there?.saving !== undefined) return desk.cannot('lets a program save first');
  const inode = there ?? files.create(`${root}/${path}`, 0o644);
  record(desk, path, there === undefined ? '' : textOf(there), text);
  files.write(inode, bytes);
  if (there === undefined) unmergedUnder(desk, inode);
}

function move(desk: Desk, target: (path: string) => string): Promise<void> | void {
  const { files, root, random, ledger, who, say } = desk;
  const all = entries(desk);
  if (all.length === 0) return ACTS['disk create'](desk);
  const [from, moved] = random.pick(all);
  const to = target(from);
  const replaced = files.look(`${root}/${to}`);
  if (replaced?.saving !== undefined) return desk.cannot('lets a program save first');
  say(`moves ${from} to ${to}`);
  files.rename(`${root}/${from}`, `${root}/${to}`);
  vacate(
    desk,
    all.flatMap(([at]) => (at === from || at.startsWith(`${from}/`) ? [at] : [])),
  );
  unmergedUnder(desk, moved);
  moved.renamedAt = desk.now();
  if (isUnknown(desk, moved)) ledger.copied(lettersIn(textOf(moved)));
  if (replaced !== undefined && replaced !== moved && replaced.kind !== 'directory')
    ledger.replaced(textOf(replaced), '', `replaced by ${from}, moved to ${to} by ${who}`);
}
