/** Paths inside a folder: names joined by `/`, without one at either end. The empty path is the folder's root. */
import { EvermeshError } from '../errors/index.ts';
import { checkName } from '../model/index.ts';

/** @throws PATH_INVALID */
export function splitPath(path: string): string[] {
  if (typeof path !== 'string') throw new TypeError('A path is a string.');
  const trimmed = path.replace(/^\.?\/+/, '').replace(/\/+$/, '');
  if (trimmed === '' || trimmed === '.') return [];
  const names = trimmed.split('/');
  for (const name of names) checkName(name);
  return names;
}

export const notFound = (path: string): EvermeshError =>
  new EvermeshError('PATH_NOT_FOUND', `There is nothing at ${quoted(path)}.`, { details: { path } });

export const isDirectory = (path: string): EvermeshError =>
  new EvermeshError('PATH_IS_DIRECTORY', `${quoted(path)} is a directory.`, { details: { path } });

export const notDirectory = (path: string): EvermeshError =>
  new EvermeshError('PATH_NOT_DIRECTORY', `${quoted(path)} is not a directory.`, { details: { path } });

/** A name may hold control characters: they must not reach a terminal. */
export const quoted = (path: string): string => JSON.stringify(path);
