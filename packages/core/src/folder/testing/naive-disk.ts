/**
 * A disk that does what it is told, one change after the other, and throws where a file system would refuse: a directory that is not
 * there, a name that is taken, a directory that is not empty.
 */
import { type NameKey, paths } from '@evermesh/testkit/tree';
import type { FolderChange } from '../folder-changes.ts';

const { directoryOf, isIn, nameOf } = paths;

export class NaiveDisk {
  /** Nodes by path. */
  #ids = new Map<string, string>();
  readonly #nameKey: () => NameKey;

  /** @param nameKey as the folder compares names, at any moment */
  constructor(nameKey: () => NameKey) {
    this.#nameKey = nameKey;
  }

  /** What is there already. */
  begin(path: string, id: string): void {
    this.#ids.set(path, id);
  }

  apply({ type, id, path, from }: FolderChange): void {
    const refused = (why: string): Error => new Error(`${type} ${from ?? ''} ${path}: ${why}`);
    if (type === 'edited' || type === 'removed') {
      if (this.#ids.get(path) !== id) throw refused('another is there');
      if (type === 'edited') return;
      if ([...this.#ids.keys()].some((other) => isIn(other, path))) throw refused('it is not empty');
      this.#ids.delete(path);
      return;
    }
    const isNew = type === 'created' || type === 'revived';
    if (from !== undefined && this.#ids.get(from) !== id) throw refused('another is there');
    if (isNew !== (from === undefined)) throw refused('it is there, or is not');
    if (from !== undefined && isIn(path, from)) throw refused('it goes into itself');
    const directory = directoryOf(path);
    if (directory !== '' && !this.#ids.has(directory)) throw refused('there is no such directory');
    const holder = paths.holder(this.#entries(), this.#nameKey(), directory, nameOf(path));
    if (holder !== undefined && holder !== from) throw refused(`the name is ${holder}`);
    if (from === undefined) {
      this.#ids.set(path, id);
      return;
    }
    if ((type === 'renamed') !== (directory === directoryOf(from))) throw refused('it is the other kind');
    this.#ids = new Map(
      [...this.#ids].map(([at, of]) => [
        at === from || isIn(at, from) ? path + at.slice(from.length) : at,
        of,
      ]),
    );
  }

  /** Whether exactly these are there. */
  holds(ids: ReadonlyMap<string, string>): boolean {
    return ids.size === this.#ids.size && [...ids].every(([path, id]) => this.#ids.get(path) === id);
  }

  #entries(): paths.Paths {
    return new Map([...this.#ids].map(([path, id]) => [path, { id, kind: 'file', executable: false }]));
  }
}
