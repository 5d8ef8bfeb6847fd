/** Devices and a relay that live on given stores, so that they can be opened again on what a fault left behind. */
import { memoryBlobs } from '@evermesh/adapters/memory';
import { webSocketTransport } from '@evermesh/adapters/web-socket';
import {
  type Folder,
  type FolderId,
  isEvermeshError,
  type Link,
  openReplica,
  type Replica,
} from '@evermesh/core';
import { type Clock, type Logger, silentLogger, systemClock } from '@evermesh/core/base';
import {
  type BlobStore,
  type CompactionPolicy,
  inlineCompaction,
  looseRecords,
  type Store,
} from '@evermesh/core/log';
import { documentCodec } from '@evermesh/core/model';
import { allowEveryone, openRelay, type Relay } from '@evermesh/server';

/** Each document is compacted again and again, between all calls of the script and while they are under way. */
const AT_ONCE: CompactionPolicy = {
  isDue: (index) => looseRecords(index) >= 2,
  isOverdue: () => true,
  isWorthTrimming: () => true,
};

const DAY = 86_400_000;

const ahead = (milliseconds: number): Clock => ({
  now: () => systemClock.now() + milliseconds,
  after: (...timer) => systemClock.after(...timer),
});

/** Tells when a folder is within its bounds. */
const watching = (within: () => void): Logger => ({
  ...silentLogger,
  debug: (message) => (message === 'a folder is within its bounds' ? within() : undefined),
});

/** Resolves when that is told. @throws the failure's reason */
function toldBefore(failure: AbortSignal, tell: (within: () => void) => void): Promise<void> {
  const told = new Promise<void>((resolve, reject) => {
    tell(resolve);
    failure.addEventListener('abort', () => reject(failure.reason as Error));
    if (failure.aborted) reject(failure.reason as Error);
  });
  // Nobody may come as far as to wait for it.
  told.catch(() => undefined);
  return told;
}

export class SweptDevice {
  readonly name: string;
  readonly #store: Store;
  readonly #blobs: BlobStore = memoryBlobs();
  #replica: Replica | undefined;
  #link: Link | undefined;
  #later = 0;
  #within: () => void = () => {};

  constructor(name: string, store: Store) {
    this.name = name;
    this.#store = store;
  }

  async open(): Promise<Replica> {
    this.#replica ??= await openReplica({
      store: this.#store,
      blobs: this.#blobs,
      deviceName: this.name,
      compaction: { policy: AT_ONCE },
      clock: ahead(this.#later),
      logger: watching(() => this.#within()),
    });
    return this.#replica;
  }

  /** Joined if it is not there. */
  async folder(id: FolderId): Promise<Folder> {
    return (await this.open()).joinFolder(id);
  }

  #connect(relay: SweptRelay): Link {
    if (this.#replica === undefined) throw new Error(`${this.name} is not open.`);
    this.#link ??= this.#replica.connect(webSocketTransport(relay.url));
    return this.#link;
  }

  /**
   * Resolves when the link says that both sides hold the same.
   * @param failure of the relay's store: once this device has noticed it, waiting on would have no end. What the relay had said
   *   before still counts
   * @throws the failure's reason; what the link throws
   */
  async inStep(relay: SweptRelay, failure?: AbortSignal): Promise<void> {
    const link = this.#connect(relay);
    const noticed = new AbortController();
    const look = (): void => {
      const isWell =
        link.status() === 'connected' &&
        link.folders().every(({ error, isStalled }) => error === undefined && !isStalled);
      if (failure?.aborted === true && !isWell) noticed.abort(failure.reason);
    };
    const stop = link.onStatus.add(look);
    failure?.addEventListener('abort', look);
    try {
      look();
      await link.whenSynced({ signal: noticed.signal });
    } finally {
      stop();
      failure?.removeEventListener('abort', look);
    }
  }

  async disconnect(): Promise<void> {
    await this.#link?.close();
    this.#link = undefined;
  }

  /** It is opened twice, the second time two days later. Resolves when older records went. @throws the failure's reason; what opening throws */
  async age(id: FolderId, failure: AbortSignal): Promise<void> {
    for (const later of [0, 2 * DAY]) {
      await this.stop();
      const within = toldBefore(failure, (tell) => (this.#within = later === 0 ? () => {} : tell));
      this.#later += later;
      await (await this.folder(id)).flush();
      if (later > 0) await within;
    }
  }

  async stop(): Promise<void> {
    await this.#replica?.close().catch(passOverFailure);
    this.#replica = undefined;
    this.#link = undefined;
  }
}

const MONTH_AND_MORE = 31 * DAY;

export class SweptRelay {
  readonly #store: Store;
  readonly #blobs: BlobStore;
  #relay: Relay | undefined;
  #bounded: () => void = () => {};

  constructor(store: Store, blobs: BlobStore) {
    this.#store = store;
    this.#blobs = blobs;
  }

  get url(): string {
    if (this.#relay === undefined) throw new Error('The relay does not run.');
    return this.#relay.url;
  }

  /** @param later milliseconds by which its clock is ahead */
  async start(later = 0): Promise<void> {
    this.#relay = await openRelay({
      store: this.#store,
      blobs: this.#blobs,
      listen: { host: '127.0.0.1', port: 0 },
      authorizer: allowEveryone,
      compaction: { runner: inlineCompaction(documentCodec, systemClock), policy: AT_ONCE },
      clock: ahead(later),
      logger: watching(() => this.#bounded()),
    });
  }

  /**
   * It is stopped, and started twice, the second time more than a month later, when somebody comes. Resolves when older records went.
   * @throws the failure's reason
   */
  async age(somebody: SweptDevice, failure: AbortSignal): Promise<void> {
    const bounded = toldBefore(failure, (tell) => (this.#bounded = tell));
    for (const later of [0, MONTH_AND_MORE]) {
      await somebody.disconnect();
      await this.stop();
      await this.start(later);
      await somebody.inStep(this, failure);
    }
    await bounded;
  }

  async stop(): Promise<void> {
    await this.#relay?.close().catch(passOverFailure);
    this.#relay = undefined;
  }
}

/** A store that failed does so once more when it is closed. */
function passOverFailure(error: unknown): void {
  if (!isEvermeshError(error, 'STORE_FAILED')) throw error;
}
