/** What a POSIX file system would show: who is at each path, and what an operation makes of that. Names are compared as the folder compares them. */
import { type NameKey, shown } from './portable-names.ts';

export interface Entry {
  readonly id: string;
  readonly kind: 'directory' | 'file' | 'symlink';
  readonly executable: boolean;
}

/** By path: names joined by `/`. The root is the empty path, and not listed. */
export type Paths = ReadonlyMap<string, Entry>;

/** What is there afterwards, or that a file system refuses. */
export type Effect = Paths | 'refused';

export const directoryOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0));
export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
export const join = (directory: string, name: string): string =>
  directory === '' ? name : `${directory}/${name}`;
/** Whether `path` lies somewhere below `directory`. */
export const isIn = (path: string, directory: string): boolean =>
  directory === '' || path.startsWith(`${directory}/`);

export const isDirectory = (paths: Paths, path: string): boolean =>
  path === '' || paths.get(path)?.kind === 'directory';
export const directories = (paths: Paths): string[] => [
  '',
  ...[...paths.keys()].filter((path) => isDirectory(paths, path)),
];
export const below = (paths: Paths, top: string): string[] =>
  [...paths.keys()].filter((path) => path === top || isIn(path, top));

/** The path that keeps this name from being given in this directory. */
export const holder = (paths: Paths, nameKey: NameKey, directory: string, name: string): string | undefined =>
  [...paths.keys()].find(
    (path) => directoryOf(path) === directory && nameKey(nameOf(path)) === nameKey(name),
  );

export function made(paths: Paths, nameKey: NameKey, directory: string, name: string, entry: Entry): Effect {
  if (!isDirectory(paths, directory) || holder(paths, nameKey, directory, name) !== undefined)
    return 'refused';
  return new Map(paths).set(join(directory, shown(name)), entry);
}

/** `rename(2)`: a file takes a file's place, a directory an empty directory's. */
export function renamed(
  paths: Paths,
  nameKey: NameKey,
  from: string,
  directory: string,
  name: string,
): Effect {
  if (directory === from || isIn(directory, from)) return 'refused';
  const there = holder(paths, nameKey, directory, name);
  if (there === undefined || there === from) return moved(paths, from, directory, name);
  if (isDirectory(paths, there) !== isDirectory(paths, from)) return 'refused';
  if (below(paths, there).length > 1) return 'refused';
  return moved(removed(paths, [there]), from, directory, name);
}

/** The same, of which nothing may be in the way. */
export function placed(
  paths: Paths,
  nameKey: NameKey,
  from: string,
  directory: string,
  name: string,
): Effect {
  const there = holder(paths, nameKey, directory, name);
  return there === undefined || there === from ? renamed(paths, nameKey, from, directory, name) : 'refused';
}

function moved(paths: Paths, from: string, directory: string, name: string): Paths {
  const to = join(directory, shown(name));
  const after = new Map<string, Entry>();
  for (const [path, entry] of paths)
    after.set(path === from || isIn(path, from) ? to + path.slice(from.length) : path, entry);
  return after;
}

/** Without these; but directories among them that still hold something stay. */
export function removed(paths: Paths, gone: readonly string[]): Paths {
  const left = [...paths.keys()].filter((path) => !gone.includes(path));
  return new Map([...paths].filter(([path]) => left.some((other) => other === path || isIn(other, path))));
}

export const changed = (paths: Paths, path: string, change: Partial<Entry>): Paths =>
  new Map([...paths].map(([at, entry]) => [at, at === path ? { ...entry, ...change } : entry]));
