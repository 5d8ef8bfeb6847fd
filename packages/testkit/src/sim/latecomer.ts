/**
 * A device that comes when others have worked for a while. What its directory holds before it is shared came by other ways:
 * copies of the same tree, some of them older, some edited since, and files that have nothing to do with it.
 */
import { utf8 } from '@evermesh/core/base';
import { lettersIn } from './letters.ts';
import type { SimFiles } from './sim-files.ts';
import { edited, lines, type Somebody } from './typing.ts';

/** An entry as it was copied from a directory. */
export interface Copy {
  readonly path: string;
  /** `undefined` for a directory. */
  readonly bytes: Uint8Array | undefined;
  readonly permissions: number;
}

/** What anybody who copies a directory takes along. */
export function copyOf(files: SimFiles, root: string): Copy[] {
  if (files.look(root) === undefined) return [];
  return [...files.walk(files.find(root))].flatMap(([path, { kind, data, permissions, isDamaged }]) =>
    path.startsWith('.evermesh') || path.endsWith('~') || kind === 'symlink' || isDamaged
      ? []
      : { path, bytes: kind === 'file' ? data : undefined, permissions },
  );
}

export interface Arrival extends Somebody {
  readonly files: SimFiles;
  /** The directory, which is not there yet. */
  readonly root: string;
  /** The tree as a device has it now. */
  readonly tree: readonly Copy[];
  /** As one had it some time ago. */
  readonly older: readonly Copy[];
  /** Nobody changes anything before it is shared: what is copied as it is must not be there twice. */
  readonly isQuiet: boolean;
}

export function furnish(arrival: Arrival): void {
  const { files, root, tree, older, random, say, ledger, naming, isQuiet } = arrival;
  files.makeDirectory(root);
  const before = new Map(older.map((copy) => [copy.path, copy]));
  for (const copy of tree) {
    const { path, bytes } = copy;
    const old = before.get(path)?.bytes;
    const fate = random.float();
    // From a disk that tells case apart, where two names may wait that are one on this disk, and in the folder.
    if (!hasRoom(arrival, path)) say(`has no room for ${path} beside the same name`);
    else if (bytes === undefined) place(arrival, copy);
    else if (fate < 0.15) continue;
    else if (fate < 0.35 && old !== undefined) {
      say(`has an older ${path}`);
      ledger.copied(lettersOf(old));
      place(arrival, { ...copy, bytes: old });
    } else if (fate < 0.5 && !bytes.includes(0)) {
      say(`has edited ${path}`);
      ledger.copied(lettersOf(bytes));
      place(arrival, {
        ...copy,
        bytes: typed(arrival, path, edited(new TextDecoder().decode(bytes), arrival)),
      });
    } else {
      say(`has the same ${path}`);
      // Where people go on, it may be another file's path, or another version, by the time it is shared.
      if (!isQuiet) ledger.copied(lettersOf(bytes));
      place(arrival, copy);
    }
  }
  for (let left = random.below(4); left > 0; left--) {
    const path = random.pick(naming.names);
    if (files.look(`${root}/${path}`) !== undefined) continue;
    say(`has a ${path} of its own`);
    place(arrival, { path, bytes: typed(arrival, path, lines(arrival, 2)), permissions: 0o644 });
  }
}

function typed({ ledger, who, now }: Arrival, path: string, text: string): Uint8Array {
  ledger.typed(text, who, now(), path);
  ledger.kept(lettersIn(text));
  return utf8(text);
}

function place({ files, root }: Arrival, { path, bytes, permissions }: Copy): void {
  if (bytes === undefined) return void files.makeDirectory(`${root}/${path}`);
  const inode = files.create(`${root}/${path}`, permissions);
  files.write(inode, bytes);
  files.sync(inode);
}

/** Whether nothing is there, and what it is in is a directory. */
function hasRoom({ files, root }: Arrival, path: string): boolean {
  let at = root;
  for (const name of path.split('/').slice(0, -1)) {
    at = `${at}/${name}`;
    if (files.look(at)?.kind !== 'directory') return false;
  }
  return files.look(`${root}/${path}`) === undefined;
}

const lettersOf = (bytes: Uint8Array): string[] => lettersIn(new TextDecoder().decode(bytes));
