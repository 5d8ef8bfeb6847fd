/**
 * What the author of deletions of the older form had seen of each file: the heads that were held or told of its document. They stand
 * once for an operation, for all that it removed together, as text. A node whose document had others names those by their places
 * among them: a claim.
 */
import { fromBase64UrlEncoded } from 'lib0/buffer';
import { type AuthorId, toBase64Url } from '../../base/index.ts';
import { isEvermeshError } from '../../errors/index.ts';
import { type Heads, raiseHead, Reader, readHeads } from '../../protocol/index.ts';

/** Claims that nothing was seen: an empty file, or one of which nothing is here but that it was made. */
const NOTHING = '-';
/** `<place in base 36>.<counter in base 36>`, separated by commas. */
const CLAIM = /^(|-|[0-9a-z]{1,4}\.[0-9a-z]{1,11}(,[0-9a-z]{1,4}\.[0-9a-z]{1,11})*)$/;

export const isClaim = (text: string): boolean => CLAIM.test(text);

/** What was seen of a node whose deletion claims this. @param seen what its operation names */
export function claimed(seen: Heads, claim: string): Heads {
  if (claim === '') return seen;
  const heads = new Map<AuthorId, number>();
  if (claim === NOTHING) return heads;
  const authors = [...seen.keys()];
  for (const part of claim.split(',')) {
    const [place = '', counter = ''] = part.split('.');
    const author = authors[Number.parseInt(place, 36)];
    if (author !== undefined) raiseHead(heads, author, Number.parseInt(counter, 36));
  }
  return heads;
}

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
