/** The token that a request beside the socket carries. */
import type { IncomingMessage } from 'node:http';
import { EvermeshError } from '@evermesh/core/errors';
import { LIMITS } from '@evermesh/core/protocol';

/** Empty if there is none. @throws AUTH_DENIED if it is too long */
export function bearerToken({ headers }: IncomingMessage): string {
  const token = /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1] ?? '';
  if (token.length > LIMITS.tokenBytes) throw new EvermeshError('AUTH_DENIED', 'The token is too long.');
  return token;
}
