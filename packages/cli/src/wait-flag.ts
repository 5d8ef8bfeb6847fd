/** `--wait`: how long a relay that cannot be reached is tried. */
import { usageError } from './usage-error.ts';

/** @returns milliseconds @throws CONFIG_INVALID */
export function parseWait(text: string): number {
  const seconds = Number(text);
  if (text.trim() === '' || !(seconds >= 0 && seconds <= 86_400)) {
    throw usageError(`'${text}' is no number of seconds.`, 'Write for instance --wait 30; at most a day.');
  }
  return seconds * 1000;
}
