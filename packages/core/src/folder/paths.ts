/** Paths inside a folder: names joined by `/`, without one at either end. The empty path is the folder's root. */
import { fromUtf8 } from '../base/index.ts';
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

export const exists = (path: string): EvermeshError =>
  new EvermeshError('PATH_EXISTS', `There is something at ${quoted(path)} already.`, { details: { path } });

export const notHere = (path: string): EvermeshError =>
  new EvermeshError('CONTENT_NOT_HERE', `The content of ${quoted(path)} has not arrived here yet.`, {
    details: { path },
  });

export const intoSelf = (from: string, to: string): EvermeshError =>
  new EvermeshError('PATH_MOVE_INTO_SELF', `${quoted(from)} cannot move into itself.`, {
    details: { from, to },
  });

export const decodeText = (path: string, bytes: Uint8Array): string => {
  const text = fromUtf8(bytes);
  if (text === undefined) throw noText(path);
  return text;
};

export const noText = (path: string): EvermeshError =>
  new EvermeshError('PATH_INVALID', `${quoted(path)} is not UTF-8 text.`, { details: { path } });
