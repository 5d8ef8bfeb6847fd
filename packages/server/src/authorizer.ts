/** Who may do what with a folder: asked for each channel and each blob. */
import { createHash, timingSafeEqual } from 'node:crypto';
import type { FolderId } from '@evermesh/core/base';
import { EvermeshError } from '@evermesh/core/errors';
import type { Grant } from '@evermesh/core/protocol';

export interface Authorizer {
  /** @param token what the device sent; empty if it sent none */
  authorize(token: string, folder: FolderId): Promise<Grant>;
}

/** Everybody may do everything: taken by a relay that listens on loopback only. */
export const allowEveryone: Authorizer = { authorize: () => Promise.resolve('write') };

/**
 * Whoever has the token may read and write every folder.
 * @throws CONFIG_INVALID if the token is empty
 */
export function sharedToken(token: string): Authorizer {
  if (token === '') throw new EvermeshError('CONFIG_INVALID', 'A shared token must not be empty.');
  const expected = digest(token);
  return {
    // Digests have one length, so the comparison tells neither the token's length nor where it differs.
    authorize: (given) => Promise.resolve(timingSafeEqual(digest(given), expected) ? 'write' : 'none'),
  };
}

const digest = (text: string): Uint8Array => createHash('sha256').update(text).digest();

/** Asks, and turns a refusal into an error. @throws AUTH_REQUIRED, AUTH_DENIED */
export async function checkedGrant(
  authorizer: Authorizer,
  token: string,
  folder: FolderId,
  needed: Exclude<Grant, 'none'>,
): Promise<Grant> {
  const grant = await authorizer.authorize(token, folder);
  if (grant === 'write' || grant === needed) return grant;
  if (token === '')
    throw new EvermeshError('AUTH_REQUIRED', 'The relay asks for a token.', { details: { folder } });
  const what =
    grant === 'none' ? 'The token does not open this folder.' : 'The token lets this folder be read only.';
  throw new EvermeshError('AUTH_DENIED', what, { details: { folder } });
}
