/** Opens a relay: its stores, its folders, its door; and closes all of them in the right order. */
import {
  type Clock,
  type Logger,
  type Random,
  silentLogger,
  systemClock,
  systemRandom,
} from '@evermesh/core/base';
import { EvermeshError } from '@evermesh/core/errors';
import {
  type BlobStore,
  type CompactionPolicy,
  relayCompactionPolicy,
  type CompactionRunner,
  type Store,
} from '@evermesh/core/log';
import { allowEveryone, type Authorizer } from './authorizer.ts';
import { FrameRates } from './frame-rates.ts';
import { isLoopback } from './origin-guard.ts';
import { DEFAULT_LIMITS, type RelayLimits } from './relay-limits.ts';
import { PutCredits } from './put-credits.ts';
import type { RelayParts } from './relay-parts.ts';
import { type ListenOptions } from './listening.ts';
import { measuredCompaction, measuredStore } from './measured.ts';
import { MetricsServer } from './metrics-server.ts';
import { RelayServer, type TlsCertificate } from './relay-server.ts';
import { openRelayStores } from './relay-stores.ts';

const KEEP_DAYS = 30;
const DAY = 86_400_000;

export interface RelayOptions {
  /** An adapter's store, for instance `levelStore(directory)`. The relay opens and closes it. */
  readonly store: Store;
  /**
   * Where contents lie that are not text and have more than 64 KiB, for instance `fileBlobs(directory)`. The relay opens and
   * closes it. Smaller ones lie in the store.
   */
  readonly blobs: BlobStore;
  /**
   * Where documents are compacted, for instance `threadCompaction()`, and when. The relay closes what is given. Default for when: once a document
   * has 100 records that its state does not stand for, and as many bytes of them as the state has. What compacts also checks a state that a
   * device brings, which it got from another relay: so every relay can take one.
   */
  readonly compaction: { readonly runner: CompactionRunner; readonly policy?: CompactionPolicy | undefined };
  /**
   * Days for which records are kept as they came, from when this relay got them; of a document's older ones it keeps what they come to,
   * which is what a device that comes new is given anyway. At least 1; default: 30.
   */
  readonly keepDays?: number | undefined;
  /**
   * Milliseconds from one sync of the disk to the next, at least: what is put meanwhile shares one, which costs as much as tens of records.
   * Nothing is acknowledged or handed on before its own. Who puts something after a pause waits for none. 0: as fast as the disk
   * goes. Default: 0; the command `evermesh relay` has 5.
   */
  readonly syncEvery?: number | undefined;
  /** `port` 0 takes any free one. */
  readonly listen: ListenOptions;
  /** `sharedToken(...)`, `secretTokens(...)`, `jwksTokens(...)`, one of your own; `allowEveryone` on a loopback address only. */
  readonly authorizer: Authorizer;
  /** Default: says nothing. */
  readonly logger?: Logger | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  /** Web pages that may use the relay, for instance `https://notes.example`. Default: none. */
  readonly allowedOrigins?: readonly string[] | undefined;
  /**
   * Names under which the relay is reached, beside loopback and the host it listens on. Default: none if it listens on
   * loopback, else any.
   */
  readonly allowedHosts?: readonly string[] | undefined;
  /** For `wss:` and `https:`. Default: nothing is encrypted; a reverse proxy may do that. */
  readonly tls?: TlsCertificate | undefined;
  /**
   * Where `/metrics` for Prometheus, `/healthz` and `/readyz` are answered, on loopback. `/readyz` says no from when the relay begins to
   * stop. Default: nowhere; `/healthz` is answered where devices come, too.
   */
  readonly metrics?: ListenOptions | undefined;
  /** Default: generous ones, and none for what a folder may store. */
  readonly limits?: RelayLimits | undefined;
  /**
   * Addresses of reverse proxies: what these say in `X-Forwarded-For` is believed, and connections are counted by it. Default:
   * nobody is believed.
   */
  readonly trustedProxies?: readonly string[] | undefined;
}

export interface Relay {
  /** Where devices reach it. */
  readonly url: string;
  /** Where `metrics` are answered, if they are. */
  readonly metricsUrl: string | undefined;
  /**
   * Resolves when the store failed, a full disk for instance, with why: nothing is taken any more, and devices keep what they
   * have to send. Close the relay and open it anew.
   */
  readonly failed: Promise<EvermeshError>;
  /** Another certificate for new connections. Those that are there stay. @throws CONFIG_INVALID: the one before stays */
  renewCertificate(tls: TlsCertificate): void;
  /** Answers what was taken, tells everybody that it stops, and closes the stores. */
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Opens a relay. It takes connections when this resolves.
 * @throws RELAY_UNSAFE if it would serve everybody, or answer `metrics`, on an address that is not loopback; RELAY_PORT_IN_USE; CONFIG_INVALID
 *   if it cannot listen there for another reason, `tls` cannot be used, or `keepDays` or `limits.pendingBytes` is less than 1; STORE_LOCKED, STORE_CORRUPT, STORE_FAILED, FORMAT_TOO_NEW
 */
export async function openRelay(options: RelayOptions): Promise<Relay> {
  const { store, blobs, authorizer, listen, compaction } = options;
  if (authorizer === allowEveryone && !isLoopback(listen.host)) {
    const what = `Whoever reaches ${listen.host} could read and write everything. Give the relay a token.`;
    throw new EvermeshError('RELAY_UNSAFE', what);
  }
  const keepDays = options.keepDays ?? KEEP_DAYS;
  // Of what is no number, all would count as too old.
  if (!(keepDays >= 1))
    throw new EvermeshError(
      'CONFIG_INVALID',
      `A relay keeps records for a day at least, not for ${keepDays}.`,
    );
  const pendingBytes = options.limits?.pendingBytes ?? DEFAULT_LIMITS.pendingBytes;
  if (!(pendingBytes >= 1))
    throw new EvermeshError(
      'CONFIG_INVALID',
      `A relay takes a byte at a time at least, not ${pendingBytes}.`,
    );
  const random = options.random ?? systemRandom;
  const logger = options.logger ?? silentLogger;
  const clock = options.clock ?? systemClock;
  // The library comes only where somebody wants to look: commands that serve nobody start faster without it.
  const meter = options.metrics && new (await import('./prometheus-meter.ts')).PrometheusMeter();
  const stores = await openRelayStores(
    meter === undefined ? store : measuredStore(store, meter, clock),
    blobs,
    random,
    {
      runner: meter === undefined ? compaction.runner : measuredCompaction(compaction.runner, meter),
      policy: compaction.policy ?? relayCompactionPolicy,
      clock,
      logger,
      keep: keepDays * DAY,
      syncEvery: options.syncEvery,
    },
    options.limits?.folderBytes,
  );
  const { registry } = stores;
  const rates = new FrameRates(clock, options.limits?.framesPerSecond ?? DEFAULT_LIMITS.framesPerSecond);
  const credits = new PutCredits(pendingBytes);
  const parts: RelayParts = {
    registry,
    blobs: stores.blobs,
    authorizer,
    credits,
    logger,
    clock,
    rates,
    meter,
  };
  let metrics: MetricsServer | undefined;
  try {
    const server = new RelayServer(parts, {
      host: listen.host.toLowerCase(),
      allowedOrigins: options.allowedOrigins ?? [],
      allowedHosts: options.allowedHosts?.map((host) => host.toLowerCase()),
      tls: options.tls,
      trustedProxies: options.trustedProxies ?? [],
      connectionsPerAddress: options.limits?.connectionsPerAddress ?? DEFAULT_LIMITS.connectionsPerAddress,
    });
    if (meter !== undefined && options.metrics !== undefined) {
      meter.watch(() => ({ ...server.load, folders: registry.open }));
      metrics = new MetricsServer({
        listen: options.metrics,
        page: () => meter.page(),
        isWell: () => registry.committer.failure === undefined,
        isReady: () => server.isReady,
        logger,
      });
    }
    const metricsPort = await metrics?.listen();
    const port = await server.listen(listen);
    const url = `${options.tls === undefined ? 'ws' : 'wss'}://${placeOf(listen.host, port)}`;
    logger.debug('the relay listens', { url });
    const end = once(async () => {
      registry.committer.hurry();
      await server.close();
      await stores.close();
      await metrics?.close();
      logger.info('the relay stopped', { url });
    });
    return {
      url,
      metricsUrl:
        options.metrics && `http://${placeOf(options.metrics.host, metricsPort ?? options.metrics.port)}`,
      failed: registry.committer.failed,
      renewCertificate: (tls) => server.renew(tls),
      close: end,
      [Symbol.asyncDispose]: end,
    };
  } catch (error) {
    await metrics?.close();
    await stores.close();
    throw error;
  }
}

const placeOf = (host: string, port: number): string => `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** However often it is called. */
function once(end: () => Promise<void>): () => Promise<void> {
  let ending: Promise<void> | undefined;
  return () => (ending ??= end());
}
