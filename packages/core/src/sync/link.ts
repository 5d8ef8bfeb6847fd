/**
 * A lasting relation to a peer: one socket for all folders, opened anew whenever it breaks. Each folder has a channel of
 * its own on it. Nothing a peer sends throws past the link: it ends the connection, with a code that is told.
 */
import { type FolderId, Listeners, type Timer } from '../base/index.ts';
import { EvermeshError, type ErrorCode } from '../errors/index.ts';
import { BackOff } from './back-off.ts';
import { FolderDriver } from './folder-driver.ts';
import type { LinkOptions } from './link-options.ts';
import { type LinkedFolder, linkedFolder } from './linked-folder.ts';
import { LinkSocket } from './link-socket.ts';
import { peerNameOf } from './peer-name.ts';
import type { SyncedFolder } from './synced-folder.ts';

/**
 * `connecting`: an attempt is being made. `connected`: the peer answered. `waiting`: for the next attempt. `refused`: the
 * peer, or this device's store, will not have it, and trying again is of no use. `closed`: by `close`.
 */
export type LinkStatus = 'connecting' | 'connected' | 'waiting' | 'refused' | 'closed';

/** After these, the next attempt would end like the last one. */
const FINAL: ReadonlySet<ErrorCode> = new Set([
  'PROTOCOL_UNSUPPORTED',
  'AUTH_REQUIRED',
  'AUTH_DENIED',
  'ORIGIN_REFUSED',
  'STORE_FAILED',
  'STORE_CLOSED',
]);

export class Link {
  /** The status, or a folder's, changed. */
  readonly onStatus: Listeners<LinkStatus> = new Listeners();
  readonly #options: LinkOptions;
  readonly #peer: string;
  readonly #backOff: BackOff;
  readonly #folders = new Map<FolderId, SyncedFolder>();
  /** Folders that are being opened. */
  readonly #expected = new Set<Promise<unknown>>();
  readonly #drivers = new Map<FolderId, FolderDriver>();
  /** Drivers that were stopped and may still be appending. */
  readonly #stopping = new Set<Promise<void>>();
  #socket: LinkSocket | undefined;
  #nextChannel = 1;
  #status: LinkStatus = 'connecting';
  #error: EvermeshError | undefined;
  readonly #timers = new Set<Timer>();

  /** Begins to connect at once. */
  constructor(options: LinkOptions) {
    this.#options = options;
    this.#peer = peerNameOf(options.transport.address);
    this.#backOff = new BackOff(options.random);
    this.#connect();
  }

  status(): LinkStatus {
    return this.#status;
  }

  /** Why the last attempt or connection ended, until the next one succeeds. */
  get error(): EvermeshError | undefined {
    return this.#error;
  }

  /** Where it leads, as people see it. */
  get address(): string {
    return this.#options.transport.address;
  }

  folders(): LinkedFolder[] {
    const folders = [...this.#folders.values()];
    return folders.map((folder) => linkedFolder(folder, this.#drivers.get(folder.id), this.#peer));
  }

  /** Keeps a folder in step from now on. One that the link has already stays as it is. */
  add(folder: SyncedFolder): void {
    if (this.#folders.has(folder.id) || this.#status === 'closed') return;
    this.#folders.set(folder.id, folder);
    if (this.#status === 'connected') this.#drive(folder);
    this.#changed();
  }

  /** A folder is being opened, to be added: until that has ended, well or not, not everything is synced. */
  expect(opening: Promise<unknown>): void {
    const ended = opening
      .catch(() => undefined)
      .finally(() => {
        this.#expected.delete(ended);
        this.#changed();
      });
    this.#expected.add(ended);
  }

  /** Leaves a folder. Resolves when nothing of it is being appended any more. */
  async remove(id: FolderId): Promise<void> {
    this.#folders.delete(id);
    const driver = this.#drivers.get(id);
    if (driver === undefined) return;
    this.#socket?.leave(driver);
    this.#stop(id, driver);
    this.#changed();
    await Promise.all(this.#stopping);
  }

  /**
   * Resolves when both sides hold the same of every folder: all own records that were durable here when this was called are durable
   * there, but for those of removed files for which it has no room, and nothing that the peer announced is missing here but what
   * `ReplicaOptions.bodies` leaves there.
   * @throws the code with which the peer refused the link or a folder, or has no room for what waits; LINK_CLOSED
   */
  async whenSynced({ signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    for (;;) {
      const { changed, stop } = this.#nextChange(signal);
      // Whoever is not looked at any more would reject unheard.
      changed.catch(() => undefined);
      try {
        await Promise.all([...this.#folders.values()].map(({ log }) => log.idle()));
        signal?.throwIfAborted();
        const error = this.#refusedError();
        if (error !== undefined) throw error;
        const isSynced = this.#expected.size === 0 && this.folders().every((folder) => folder.isSynced);
        if (this.#status === 'connected' && isSynced) return;
        await changed;
      } finally {
        stop();
      }
    }
  }

  /** Ends the connection and every attempt. Resolves when what was being appended is durable. */
  async close(): Promise<void> {
    this.#status = 'closed';
    this.#endTimers();
    this.#socket?.close();
    this.#stopAll();
    this.#changed();
    await Promise.all(this.#stopping);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #connect(): void {
    this.#status = 'connecting';
    const socket = new LinkSocket(this.#options, {
      welcomed: () => this.#onWelcomed(),
      closed: (error) => {
        if (this.#socket === socket) this.#onClosed(error);
      },
    });
    this.#socket = socket;
    socket.connect();
    this.#changed();
  }

  #onWelcomed(): void {
    this.#status = 'connected';
    this.#error = undefined;
    for (const folder of this.#folders.values()) this.#drive(folder);
    this.#changed();
  }

  #onClosed(error: EvermeshError | undefined): void {
    this.#socket = undefined;
    this.#stopAll();
    if (this.#status === 'closed') return;
    this.#endTimers();
    this.#error = error;
    if (error !== undefined && FINAL.has(error.code)) this.#status = 'refused';
    else {
      this.#status = 'waiting';
      this.#later(this.#backOff.next(), () => this.#connect());
    }
    this.#options.logger.info('a link ended', {
      address: this.address,
      code: error?.code,
      status: this.#status,
    });
    this.#changed();
  }

  #drive(folder: SyncedFolder): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    const { transport, clock, logger } = this.#options;
    const channel = this.#nextChannel++;
    const driver = new FolderDriver({
      folder,
      peer: this.#peer,
      channel,
      frameBytes: socket.frameBytes,
      remote: transport.blobs,
      clock,
      logger,
      source: this,
      send: (message) => socket.say(channel, message),
      took: (bytes) => socket.took(channel, bytes),
      fail: (error) => socket.fail(error),
      reopen: (why) => {
        logger.info('a folder is opened anew', { folder: folder.id, why });
        this.#reopen(folder, driver);
      },
      changed: () => this.#onDriverChanged(folder, driver),
    });
    this.#drivers.set(folder.id, driver);
    socket.enter(channel, driver);
  }

  #onDriverChanged(folder: SyncedFolder, driver: FolderDriver): void {
    if (this.#drivers.get(folder.id) !== driver) return;
    if (driver.state === 'live') this.#backOff.reset();
    const retryAfter = driver.takeRetry();
    if (retryAfter > 0) this.#later(retryAfter, () => this.#reopen(folder, driver));
    this.#changed();
  }

  #reopen(folder: SyncedFolder, driver: FolderDriver): void {
    if (this.#drivers.get(folder.id) !== driver) return;
    this.#socket?.leave(driver);
    this.#stop(folder.id, driver);
    this.#drive(folder);
  }

  #stop(id: FolderId, driver: FolderDriver): void {
    this.#drivers.delete(id);
    const stopped = driver.stop().finally(() => this.#stopping.delete(stopped));
    this.#stopping.add(stopped);
  }

  #stopAll(): void {
    for (const [id, driver] of this.#drivers) this.#stop(id, driver);
  }

  #refusedError(): EvermeshError | undefined {
    if (this.#status === 'closed') return new EvermeshError('LINK_CLOSED', 'The link was closed.');
    if (this.#status === 'refused') return this.#error;
    const folders = this.folders();
    const full = folders.find(({ isStalled, withheldFor }) => isStalled && withheldFor !== undefined);
    return folders.find(({ error }) => error !== undefined)?.error ?? full?.withheldFor;
  }

  /** Resolves at the next change of anything; rejects when the signal aborts. Whoever waits no more stops it. */
  #nextChange(signal: AbortSignal | undefined): { changed: Promise<void>; stop: () => void } {
    let stop = nothing;
    const changed = new Promise<void>((resolve, reject) => {
      const abort = (): void => reject(signal?.reason as Error);
      const remove = this.onStatus.add(() => resolve());
      signal?.addEventListener('abort', abort);
      if (signal?.aborted === true) abort();
      stop = () => {
        remove();
        signal?.removeEventListener('abort', abort);
      };
    });
    return { changed, stop };
  }

  #changed(): void {
    this.onStatus.emit(this.#status);
  }

  #later(milliseconds: number, run: () => void): void {
    const timer = this.#options.clock.after(milliseconds, () => {
      this.#timers.delete(timer);
      run();
    });
    this.#timers.add(timer);
  }

  #endTimers(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}

const nothing = (): void => undefined;
