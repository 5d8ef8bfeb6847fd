/** The heads a deletion names, as text. Whoever deleted had seen all that they cover, and nothing else. */
import { fromBase64UrlEncoded } from 'lib0/buffer';
import { toBase64Url } from '../../base/index.ts';
import { isEvermeshError } from '../../errors/index.ts';
import { encodeHeads, type Heads, Reader, readHeads } from '../../protocol/index.ts';

export const formatSeen = (heads: Heads): string => toBase64Url(encodeHeads(heads));

/** `undefined` for anything else: then a deletion has seen nothing and deletes nothing. */
export function parseSeen(value: unknown): Heads | undefined {
  // A length that no encoding has makes some decoders throw and others guess.
  if (typeof value !== 'string' || !/^[\w-]+$/.test(value) || value.length % 4 === 1) return undefined;
  try {
    const bytes = fromBase64UrlEncoded(value);
    // Stray bits at the end decode too. All replicas must judge alike, so only one spelling counts.
    if (toBase64Url(bytes) !== value) return undefined;
    const reader = new Reader(bytes);
    const heads = readHeads(reader);
    reader.end();
    return heads;
  } catch (error) {
    if (isEvermeshError(error)) return undefined;
    throw error;
  }
}
