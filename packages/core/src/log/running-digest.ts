/**
 * The running digest: a hash of all that came before, so that two logs agree at a `seq` only if they agree up to it. A
 * log rolled back and continued differently is told by it.
 */
import { type RecordHeader, Writer } from '../protocol/index.ts';

export function nextDigest(
  previous: Uint8Array,
  { author, counter, bodyDigest }: Pick<RecordHeader, 'author' | 'counter' | 'bodyDigest'>,
): Uint8Array {
  const writer = new Writer().raw(previous).author(author).ascii(String(counter)).raw(bodyDigest);
  return writer.digest().slice(0, 16);
}
