/**
 * Grants by signed tokens (JWT). Which folders a token opens stands in its claim `evermesh`, an object from folder ids, or `*`
 * for every other folder, to `read`, `write` or `none`:
 *
 *     { "exp": 1790000000, "evermesh": { "*": "read", "0123456789abcdef0123456789abcdef": "write" } }
 *
 * A token without the claim opens nothing, so one that the same issuer made for another service is of no use here. It must
 * expire, and if it names an audience (`aud`), that must be `evermesh`.
 */
import { type Clock, type FolderId, systemClock, utf8 } from '@evermesh/core/base';
import { EvermeshError } from '@evermesh/core/errors';
import type { Grant } from '@evermesh/core/protocol';
import {
  createRemoteJWKSet,
  errors,
  type JWTPayload,
  jwtVerify,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
} from 'jose';
import type { Access, Authorizer } from './authorizer.ts';
import { isLoopback } from './origin-guard.ts';

/** The claim, and the audience. */
const NAME = 'evermesh';
/** Seconds by which clocks may differ. */
const SKEW = 60;
/** Fewer bytes can be guessed, once somebody has a token to try them on. */
const SECRET_BYTES = 32;
/** What `jose` calls it when the set of keys cannot be had, and not the token is wrong. */
const OF_KEYS: ReadonlySet<string> = new Set(['ERR_JOSE_GENERIC', 'ERR_JWKS_INVALID', 'ERR_JWKS_TIMEOUT']);

export interface TokenClock {
  /** What time it is. Default: the system's clock. */
  readonly clock?: Clock | undefined;
}

/**
 * Tokens that whoever knows the secret has signed, with HS256 and nothing else.
 * @throws CONFIG_INVALID if the secret has fewer than 32 bytes of UTF-8
 */
export function secretTokens(secret: string, { clock = systemClock }: TokenClock = {}): Authorizer {
  const key = utf8(secret);
  if (key.byteLength < SECRET_BYTES)
    throw new EvermeshError(
      'CONFIG_INVALID',
      `A secret that signs tokens has at least ${SECRET_BYTES} bytes.`,
    );
  return authorizerOf(() => key, ['HS256'], clock);
}

/**
 * Tokens that are signed with a key of the set at `url`, with RS256, PS256, ES256 or EdDSA. The set is fetched when it is
 * needed, again after ten minutes, and when a token names a key that is not in it, at most every 30 seconds for that.
 * @throws CONFIG_INVALID if `url` is neither `https:` nor `http:` on loopback: whoever can change the set can enter
 */
export function jwksTokens(url: string, { clock = systemClock }: TokenClock = {}): Authorizer {
  return authorizerOf(createRemoteJWKSet(checkedUrl(url)), ['RS256', 'PS256', 'ES256', 'EdDSA'], clock);
}

function checkedUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isSafe =
    url?.protocol === 'https:' ||
    (url?.protocol === 'http:' && isLoopback(url.hostname.replace(/^\[|\]$/g, '')));
  if (url === undefined || !isSafe)
    throw new EvermeshError(
      'CONFIG_INVALID',
      'A set of keys is fetched from https://, or http:// on loopback.',
    );
  return url;
}

function authorizerOf(
  key: JWTVerifyGetKey | (() => Uint8Array),
  algorithms: readonly string[],
  clock: Clock,
): Authorizer {
  return {
    async authorize(token, folder) {
      if (token === '') return 'none';
      const options: JWTVerifyOptions = {
        algorithms: [...algorithms],
        clockTolerance: SKEW,
        currentDate: new Date(clock.now()),
        requiredClaims: ['exp'],
      };
      try {
        const { payload } = await jwtVerify(token, key, options);
        return accessOf(payload, folder);
      } catch (error) {
        return refusalOf(error);
      }
    },
  };
}

function accessOf({ aud, exp, [NAME]: claim }: JWTPayload, folder: FolderId): Access {
  const isForUs = aud === undefined || [aud].flat().includes(NAME);
  const until = ((exp ?? 0) + SKEW) * 1000;
  return { grant: isForUs ? grantOf(claim, folder) : 'none', until };
}

/** What is written wrongly grants nothing. */
function grantOf(claim: unknown, folder: FolderId): Grant {
  if (typeof claim !== 'object' || claim === null) return 'none';
  const grants = new Map<string, unknown>(Object.entries(claim));
  const grant = grants.has(folder) ? grants.get(folder) : grants.get('*');
  return grant === 'read' || grant === 'write' ? grant : 'none';
}

/** @throws AUTH_EXPIRED, AUTH_UNAVAILABLE */
function refusalOf(error: unknown): Grant {
  if (error instanceof errors.JWTExpired) throw new EvermeshError('AUTH_EXPIRED', 'The token has expired.');
  // What is wrong with a token is nobody's business who does not have its key.
  if (error instanceof errors.JOSEError && !OF_KEYS.has(error.code)) return 'none';
  throw new EvermeshError('AUTH_UNAVAILABLE', 'The keys that tokens are checked with cannot be fetched.', {
    cause: error,
  });
}
