/** Which names are one name, in the plainest way there is: nothing of what it judges is asked. */

/** Paths, or names, that answer the same are one. */
export type OneName = (path: string) => string;

/** Composed and decomposed accents are the same to everybody; whether case is, a folder's maker has chosen. */
export const oneNameIn = (caseSensitive: boolean): OneName =>
  caseSensitive ? (path) => path.normalize('NFC') : foldedName;

/** As some file system takes names for one. */
export const foldedName: OneName = (path) => path.normalize('NFC').toLowerCase();
