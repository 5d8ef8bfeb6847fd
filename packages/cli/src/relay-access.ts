/** Whom a relay serves, as the flags of the command say; what they name a file for is read again when that changes. */
import { systemClock } from '@evermesh/core/base';
import { EvermeshError } from '@evermesh/core/errors';
import {
  allowEveryone,
  type Authorizer,
  ChangingAuthorizer,
  jwksTokens,
  secretTokens,
  sharedToken,
} from '@evermesh/server';
import { FollowedFile } from './followed-file.ts';
import { explain } from './next-steps.ts';
import type { Output } from './output.ts';
import { readToken, tokenOf } from './token-file.ts';
import { usageError } from './usage-error.ts';

export interface AccessFlags {
  readonly tokenFile?: string | undefined;
  readonly jwtSecretFile?: string | undefined;
  readonly jwks?: string | undefined;
  readonly allowEveryone?: boolean | undefined;
}

export interface RelayAccess extends Disposable {
  readonly authorizer: Authorizer;
}

/** @throws RELAY_UNSAFE if nobody was named, CONFIG_INVALID if more than one way was, or what was named is of no use */
export async function relayAccess(flags: AccessFlags, output: Output): Promise<RelayAccess> {
  const given = [
    ['--token-file', flags.tokenFile],
    ['--jwt-secret-file', flags.jwtSecretFile],
    ['--jwks', flags.jwks],
    ['--allow-everyone', flags.allowEveryone],
  ].filter(([, value]) => value !== undefined);
  if (given.length > 1) {
    const names = given.map(([name]) => name).join(' and ');
    throw usageError(`${names} contradict each other.`, 'Give one of them.');
  }
  if (flags.allowEveryone === true) return lasting(allowEveryone);
  if (flags.jwks !== undefined) return lasting(jwksTokens(flags.jwks));
  if (flags.jwtSecretFile !== undefined) return fromFile(flags.jwtSecretFile, secretTokens, output);
  if (flags.tokenFile !== undefined) return fromFile(flags.tokenFile, sharedToken, output);
  throw new EvermeshError('RELAY_UNSAFE', 'A relay must be told whom it serves.');
}

const lasting = (authorizer: Authorizer): RelayAccess => ({ authorizer, [Symbol.dispose]: () => {} });

async function fromFile(
  path: string,
  authorizerOf: (secret: string) => Authorizer,
  output: Output,
): Promise<RelayAccess> {
  const text = (await tokenOf(path, output)) as string;
  const authorizer = new ChangingAuthorizer(authorizerOf(text));
  const following = new FollowedFile({
    clock: systemClock,
    text,
    read: async () => (await readToken(path)).token,
    changed: (secret) => {
      authorizer.replace(authorizerOf(secret));
      const message = `The file ${path} holds something else now: who came with what it held before is shut out.`;
      output.tell({ event: 'notice', message, next: 'Nothing, if that was meant.' });
    },
    failed: (error) => {
      const { message, next } = explain(error);
      output.tell({ event: 'notice', message: `${message} What it held before still counts.`, next });
    },
  });
  return { authorizer, [Symbol.dispose]: () => following[Symbol.dispose]() };
}
