/** Rows that say the SHA-256 of what they hold, in front of it: whatever bit of theirs changed, it shows. */
import { concatBytes, equalBytes, sha256 } from '../base/index.ts';
import { malformed, Reader } from '../protocol/index.ts';

const DIGEST_BYTES = 32;

export const checkedRow = (content: Uint8Array): Uint8Array => concatBytes([sha256(content), content]);

/**
 * What such a row holds, from a reader of all of it.
 * @throws MESSAGE_MALFORMED
 */
export function checkedContent(row: Reader): Reader {
  const digest = row.raw(DIGEST_BYTES);
  const content = row.raw(row.left);
  if (!equalBytes(sha256(content), digest)) throw malformed('it does not match its digest');
  return new Reader(content);
}
