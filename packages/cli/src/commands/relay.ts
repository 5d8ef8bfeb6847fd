/** `evermesh relay`: stores and forwards for the devices of a mesh, until it is stopped. */
import { join } from 'node:path';
import { fileBlobs } from '@evermesh/adapters/blob-files';
import { threadCompaction } from '@evermesh/adapters/compaction-thread';
import { levelStore } from '@evermesh/adapters/level';
import { systemClock } from '@evermesh/core/base';
import { openRelay, type TlsCertificate } from '@evermesh/server';
import { parseAllowedHost, parseAllowedOrigin, parseTrustedProxy } from '../allowed-callers.ts';
import { parseByteCount } from '../byte-count.ts';
import type { CommandContext } from '../command-context.ts';
import { makeDataDirectory, relayStoreError } from '../data-directory.ts';
import { realPathOf } from '../directories.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { parseListenAddress } from '../listen-address.ts';
import { parseKeepDays } from '../keep-days-flag.ts';
import { type Attempt, openAgain } from '../open-again.ts';
import { type AccessFlags, relayAccess } from '../relay-access.ts';
import { followCertificate, readCertificate, type TlsFlags, tlsFilesOf } from '../relay-tls.ts';
import { aborted, Stopped } from '../stop-signal.ts';

/** Milliseconds from the beginning of one sync of the disk to that of the next, at least: more than one takes on a fast disk, and less than anybody notices. */
const SYNC_EVERY = 5;

export interface RelayFlags extends AccessFlags, TlsFlags {
  readonly listen: string;
  readonly data?: string | undefined;
  readonly allowedHost?: readonly string[] | undefined;
  readonly allowedOrigin?: readonly string[] | undefined;
  readonly trustedProxy?: readonly string[] | undefined;
  readonly folderBytes?: string | undefined;
  readonly metrics?: string | undefined;
  readonly keepDays: string;
}

export async function relay(
  flags: RelayFlags,
  { config, output, signal, logger }: CommandContext,
): Promise<ExitCode> {
  let listen = parseListenAddress(flags.listen);
  const allowedHosts = flags.allowedHost?.map(parseAllowedHost);
  const allowedOrigins = flags.allowedOrigin?.map(parseAllowedOrigin);
  const trustedProxies = flags.trustedProxy?.map(parseTrustedProxy);
  const folderBytes = flags.folderBytes === undefined ? undefined : parseByteCount(flags.folderBytes);
  const metrics = flags.metrics === undefined ? undefined : parseListenAddress(flags.metrics);
  const tlsFiles = tlsFilesOf(flags);
  const keepDays = parseKeepDays(flags.keepDays);
  using access = await relayAccess(flags, output);
  const data = await realPathOf(flags.data ?? join(config.data, 'relay'));
  await makeDataDirectory(data);
  const serve = async ({ works }: Attempt): Promise<void> => {
    const tls = tlsFiles && (await readCertificate(tlsFiles));
    const server = await openRelay({
      store: levelStore(join(data, 'store')),
      blobs: fileBlobs(join(data, 'blobs')),
      compaction: { runner: threadCompaction() },
      keepDays,
      syncEvery: SYNC_EVERY,
      listen,
      tls,
      authorizer: access.authorizer,
      allowedHosts,
      allowedOrigins,
      trustedProxies,
      limits: { folderBytes },
      metrics,
      logger,
    });
    // Opened anew it is where devices know it.
    if (listen.port === 0) listen = { ...listen, port: Number(new URL(server.url).port) };
    const renew = (renewed: TlsCertificate): void => server.renewCertificate(renewed);
    using _ = tlsFiles && tls && followCertificate(tlsFiles, tls, renew, output);
    works();
    output.tell({ event: 'listening', url: server.url, metrics: server.metricsUrl, data });
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
