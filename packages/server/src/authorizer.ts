/** Who may do what with a folder: asked for each channel and each blob, and again while a channel lasts. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { type FolderId, Listeners } from '@evermesh/core/base';
import { EvermeshError } from '@evermesh/core/errors';
import type { Grant } from '@evermesh/core/protocol';

export interface Access {
  readonly grant: Grant;
  /** When it ends, in milliseconds since 1970. Default: not by itself. */
  readonly until?: number | undefined;
}

export interface Authorizer {
  /**
   * A grant alone lasts until another answer is given. A channel is asked about again when its access ends, when `changed`
   * says so, and every five minutes.
   * @param token what the device sent; empty if it sent none
   * @throws AUTH_EXPIRED if the token was good once; AUTH_UNAVAILABLE if nobody can tell at present
   */
  authorize(token: string, folder: FolderId): Promise<Grant | Access>;
  /** Told when an answer given before may not be the answer any more. */
  readonly changed?: Listeners<void> | undefined;
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

/** Asks another authorizer, in whose place a further one can be put while the relay runs: whom that one does not know is shut out. */
export class ChangingAuthorizer implements Authorizer {
  readonly changed: Listeners<void> = new Listeners();
  #current: Authorizer;

  /** @throws RELAY_UNSAFE for `allowEveryone`, which the relay has to see itself */
  constructor(first: Authorizer) {
    this.#current = checked(first);
  }

  authorize(token: string, folder: FolderId): Promise<Grant | Access> {
    return this.#current.authorize(token, folder);
  }

  /** @throws RELAY_UNSAFE for `allowEveryone` */
  replace(next: Authorizer): void {
    this.#current = checked(next);
    this.changed.emit();
  }
}

function checked(authorizer: Authorizer): Authorizer {
  if (authorizer !== allowEveryone) return authorizer;
  throw new EvermeshError('RELAY_UNSAFE', 'Everybody is let in by `allowEveryone` itself, or not at all.');
}

const digest = (text: string): Uint8Array => createHash('sha256').update(text).digest();

/** Asks, and turns a refusal into an error. @throws AUTH_REQUIRED, AUTH_DENIED, AUTH_EXPIRED, AUTH_UNAVAILABLE */
export async function checkedGrant(
  authorizer: Authorizer,
  token: string,
  folder: FolderId,
  needed: Exclude<Grant, 'none'>,
): Promise<Access> {
  const answer = await authorizer.authorize(token, folder);
  const access = typeof answer === 'string' ? { grant: answer } : answer;
  const { grant } = access;
  if (grant === 'write' || grant === needed) return access;
  if (token === '')
    throw new EvermeshError('AUTH_REQUIRED', 'The relay asks for a token.', { details: { folder } });
  const what =
    grant === 'none' ? 'The token does not open this folder.' : 'The token lets this folder be read only.';
  throw new EvermeshError('AUTH_DENIED', what, { details: { folder } });
}
