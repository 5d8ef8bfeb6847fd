/** What a file system would show: who is at each path. Names are compared by their portable keys. */
import type { NodeId } from '../../../base/index.ts';
import { nameKey, shownName } from '../names.ts';

export type Paths = ReadonlyMap<string, NodeId>;

export const directoryOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0));
export const nameOf = (path: string): string => path.slice(path.lastIndexOf('/') + 1);
export const join = (directory: string, name: string): string =>
  directory === '' ? name : `${directory}/${name}`;
export const isIn = (path: string, directory: string): boolean =>
  directory === '' || path.startsWith(`${directory}/`);

/** Whether `name` cannot be given in this directory, but to what is at `except`. */
export function isTaken(paths: Paths, directory: string, name: string, except?: string): boolean {
  return [...paths.keys()].some(
    (path) => directoryOf(path) === directory && path !== except && nameKey(nameOf(path)) === nameKey(name),
  );
}

export const created = (paths: Paths, directory: string, name: string, id: NodeId): Paths =>
  new Map(paths).set(join(directory, shownName(name)), id);

export function moved(paths: Paths, from: string, directory: string, name: string): Paths {
  const to = join(directory, shownName(name));
  const move = (path: string): string =>
    path === from || isIn(path, from) ? to + path.slice(from.length) : path;
  return new Map([...paths].map(([path, id]) => [move(path), id]));
}

/** Without these, but with the directories among them that still hold something. */
export function removed(paths: Paths, gone: ReadonlySet<string>): Paths {
  const left = [...paths.keys()].filter((path) => !gone.has(path));
  return new Map([...paths].filter(([path]) => !gone.has(path) || left.some((other) => isIn(other, path))));
}
