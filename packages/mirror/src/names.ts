/** Names on disk and names in the folder. */
import { composed } from '@evermesh/core/model';

/**
 * Whether an entry on disk has the name that the folder shows: the folder composes accents, by tables of its own, and a disk keeps what
 * was typed, or decomposes it.
 */
export const isShownAs = (onDisk: string, shown: string): boolean =>
  onDisk === shown || composed(onDisk) === shown;

/**
 * A name for contents that found theirs taken. It follows from the contents, so that two devices that find the same
 * bytes make the same name, and the second joins the first.
 */
export function besideName(name: string, digest: string, attempt = 0): string {
  const dot = name.lastIndexOf('.');
  const extension = dot > 0 && name.length - dot <= 16 ? name.slice(dot) : '';
  const suffix = ` (~${digest.slice(0, 8)}${'~'.repeat(attempt)})`;
  let stem = name.slice(0, name.length - extension.length);
  // Names are limited in bytes; a whole character at a time.
  while (utf8Length(stem) + utf8Length(suffix + extension) > 255)
    stem = Array.from(stem).slice(0, -1).join('');
  return stem + suffix + extension;
}

const BESIDE = / \(~[0-9a-f]{8,}~*\)(?=(?:\.[^.]*)?$)/;

/**
 * The name that was taken when a name beside it was made; `undefined` for any other name. Of a name that was cut to fit
 * only the rest.
 */
export function takenName(name: string): string | undefined {
  const taken = name.replace(BESIDE, '');
  return taken === name ? undefined : taken;
}

const encoder = new TextEncoder();
const utf8Length = (text: string): number => encoder.encode(text).byteLength;
