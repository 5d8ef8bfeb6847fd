/** What people call things, and which names are one name, in the plainest way there is: nothing of what it judges is asked. */

export interface Naming {
  /** What people call things. */
  readonly names: readonly string[];
  /** Paths, or names, of which it answers the same are one. */
  readonly oneName: (path: string) => string;
}

/** As some file system takes names for one. */
export const foldedName = (path: string): string => path.normalize('NFC').toLowerCase();

const NAMES = ['a', 'b', 'c', 'A', 'notes.txt', 'todo.md', 'x.ts', 'é', 'long name here.txt'];

/** Composed and decomposed accents are the same to everybody. */
export const NAMING: Naming = { names: NAMES, oneName: foldedName };

/** Of a folder that tells names apart which differ in case only. */
export const NAMING_BY_CASE: Naming = {
  names: [...NAMES, 'B', 'Notes.txt', 'TODO.md', 'X.ts', 'É'],
  oneName: (path) => path.normalize('NFC'),
};
