/** `evermesh relay`: stores and forwards for the devices of a mesh, until it is stopped. */
import { join } from 'node:path';
import { fileBlobs } from '@evermesh/adapters/blob-files';
import { threadCompaction } from '@evermesh/adapters/compaction-thread';
import { levelStore } from '@evermesh/adapters/level';
import { systemClock } from '@evermesh/core/base';
import { EvermeshError } from '@evermesh/core/errors';
import { allowEveryone, type Authorizer, openRelay, sharedToken } from '@evermesh/server';
import { parseAllowedHost, parseAllowedOrigin } from '../allowed-callers.ts';
import type { CommandContext } from '../command-context.ts';
import { makeDataDirectory, relayStoreError } from '../data-directory.ts';
import { realPathOf } from '../directories.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { parseListenAddress } from '../listen-address.ts';
import type { Output } from '../output.ts';
import { type Attempt, openAgain } from '../open-again.ts';
import { aborted, Stopped } from '../stop-signal.ts';
import { tokenOf } from '../token-file.ts';
import { usageError } from '../usage-error.ts';

export interface RelayFlags {
  readonly listen: string;
  readonly data?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly allowEveryone?: boolean | undefined;
  readonly allowedHost?: readonly string[] | undefined;
  readonly allowedOrigin?: readonly string[] | undefined;
}

export async function relay(
  flags: RelayFlags,
  { config, output, signal, logger }: CommandContext,
): Promise<ExitCode> {
  let listen = parseListenAddress(flags.listen);
  const allowedHosts = flags.allowedHost?.map(parseAllowedHost);
  const allowedOrigins = flags.allowedOrigin?.map(parseAllowedOrigin);
  const authorizer = await authorizerFrom(flags, output);
  const data = await realPathOf(flags.data ?? join(config.data, 'relay'));
  await makeDataDirectory(data);
  const serve = async ({ works }: Attempt): Promise<void> => {
    const server = await openRelay({
      store: levelStore(join(data, 'store')),
      blobs: fileBlobs(join(data, 'blobs')),
      compaction: { runner: threadCompaction() },
      listen,
      authorizer,
      allowedHosts,
      allowedOrigins,
      logger,
    });
    // Opened anew it is where devices know it.
    if (listen.port === 0) listen = { ...listen, port: Number(new URL(server.url).port) };
    works();
    output.tell({ event: 'listening', url: server.url, data });
    const failure = await Promise.race([server.failed, aborted(signal)]);
    await server.close();
    if (failure !== undefined) throw failure;
  };
  const named = (attempt: Attempt): Promise<void> =>
    serve(attempt).catch((error: unknown) => {
      throw relayStoreError(error, data);
    });
  try {
    await openAgain(named, { clock: systemClock, signal, tell: (event) => output.tell(event) });
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  }
  output.tell({ event: 'stopped' });
  return EXIT.inStep;
}

async function authorizerFrom(
  { tokenFile, allowEveryone: all }: RelayFlags,
  output: Output,
): Promise<Authorizer> {
  if (tokenFile !== undefined && all === true) {
    throw usageError('--token-file and --allow-everyone contradict each other.', 'Give one of the two.');
  }
  if (all === true) return allowEveryone;
  const token = await tokenOf(tokenFile, output);
  if (token === undefined) throw new EvermeshError('RELAY_UNSAFE', 'A relay must be told whom it serves.');
  return sharedToken(token);
}
