/** A number of bytes as people write it: `--folder-bytes 20GiB`. */
import { usageError } from './usage-error.ts';

const UNITS = ['', 'KiB', 'MiB', 'GiB', 'TiB'];

/** @throws CONFIG_INVALID */
export function parseByteCount(text: string): number {
  const [, digits = '', unit = ''] = /^(\d+)([KMGT]iB)?$/.exec(text) ?? [];
  const bytes = Number(digits) * 1024 ** UNITS.indexOf(unit);
  if (digits !== '' && bytes > 0 && Number.isSafeInteger(bytes)) return bytes;
  throw usageError(`'${text}' is no number of bytes.`, 'Write it like 500000000, 500MiB or 20GiB.');
}
