/**
 * One channel of a socket, from OPEN to LEAVE: asks whether the device may have the folder, opens it, and ends with
 * REFUSED when something is not taken. Other channels of the socket, and other sockets, notice nothing.
 */
import type { FolderId } from '@evermesh/core/base';
import { EvermeshError, type ErrorCode, isErrorCode, isEvermeshError } from '@evermesh/core/errors';
import {
  type Awareness,
  bytesOf,
  type Credit,
  CREDIT_VERSION,
  encodeMessage,
  type Hello,
  type Open,
  type Pull,
  type Put,
  SentCredit,
  SNAPSHOT_VERSION,
  type Untaken,
  UNTAKEN_VERSION,
  WANTED_VERSION,
} from '@evermesh/core/protocol';
import type { ChannelSocket } from './channel-socket.ts';
import { FolderChannel } from './folder-channel.ts';
import type { FrameSocket } from './frame-socket.ts';
import { LastingGrant } from './lasting-grant.ts';
import type { PutCredit } from './put-credits.ts';
import type { RelayParts } from './relay-parts.ts';
import { toldError } from './told-error.ts';

export interface SocketChannelOptions {
  readonly parts: RelayParts;
  readonly socket: FrameSocket;
  readonly hello: Hello;
  readonly open: Open;
  /** The device may have the folder. */
  readonly granted: () => void;
  /** What the device sent is no use of the protocol: the socket ends, not this channel alone. */
  readonly failed: (error: EvermeshError) => void;
}

/** Milliseconds after which a device opens the channel again: what is missing may be there by then. */
const RETRY_AFTER: Partial<Record<ErrorCode, number>> = {
  FOLDER_NOT_FOUND: 10_000,
  RELAY_DRAINING: 30_000,
  // A token that was shut out may be let in again, by a file of the operator's, or a key that was late.
  AUTH_DENIED: 60_000,
  AUTH_EXPIRED: 60_000,
  AUTH_UNAVAILABLE: 10_000,
  // What others write is received meanwhile.
  QUOTA_EXCEEDED: 60_000,
  RELAY_DAMAGED: 60_000,
  INTERNAL: 60_000,
};

type Problem = Omit<Untaken, 'type' | 'channel'>;

export class SocketChannel {
  readonly #options: SocketChannelOptions;
  readonly #opening: Promise<void>;
  readonly #grant: LastingGrant;
  /** What the device may put, and may be sent; absent, and all, where it knows no credit. */
  readonly #puts: PutCredit | undefined;
  readonly #sent: SentCredit;
  #folder: FolderChannel | undefined;
  #isOpen = false;
  #isOver = false;
  /** What it was granted does not hold any more. */
  #isRevoked = false;
  /** The log says that there was no room for something. */
  #isFullTold = false;
  #closing: Promise<void> | undefined;

  constructor(options: SocketChannelOptions) {
    this.#options = options;
    const { parts, hello, open } = options;
    const { token, version, credit = 0 } = hello;
    const hasCredit = version >= CREDIT_VERSION;
    this.#puts = hasCredit ? parts.credits.enter() : undefined;
    this.#sent = new SentCredit(hasCredit ? credit : Infinity);
    const lost = (error: unknown): void => {
      this.#isRevoked = true;
      this.#fail(error);
    };
    this.#grant = new LastingGrant({ ...parts, token, folder: open.folder, lost });
    this.#opening = this.#open();
  }

  /** The folder that the device reads or writes here; none any more once the channel was refused. */
  get folder(): FolderId | undefined {
    return this.#isOver ? undefined : this.#options.open.folder;
  }

  /** Resolves when OPEN was answered. */
  get opening(): Promise<void> {
    return this.#opening;
  }

  pull(message: Pull): Promise<void> {
    return this.#use((folder) => folder.pull(message));
  }

  takesStates(): void {
    this.#folder?.takesStates();
  }

  /** @throws MESSAGE_BEYOND_CREDIT */
  put(message: Put): Promise<void> {
    const bytes = bytesOf(message.records);
    this.#puts?.take(bytes);
    return this.#put(message, bytes);
  }

  credited({ credit }: Credit): void {
    this.#sent.grant(credit);
  }

  awareness(message: Awareness): void {
    // It is lossy: what comes while nobody knows whether it may is lost.
    if (this.#isOpen && !this.#isOver && this.#grant.settling === undefined) this.#folder?.awareness(message);
  }

  /** Resolves when everything that the device put so far was answered. */
  async settled(): Promise<void> {
    await this.#opening;
    await this.#folder?.settled();
  }

  /** Resolves when nothing of the channel is being read or written any more, and the folder was given back. */
  close(): Promise<void> {
    this.#isOver = true;
    this.#grant.stop();
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #put(message: Put, bytes: number): Promise<void> {
    await this.#use((folder) => folder.put(message));
    if (this.#isOver) return;
    const credit = this.#puts?.done(bytes);
    const { socket, open } = this.#options;
    if (credit !== undefined) socket.send(encodeMessage({ type: 'CREDIT', channel: open.channel, credit }));
  }

  async #open(): Promise<void> {
    const { parts, socket, hello, open, granted } = this.#options;
    const { version } = hello;
    const { channel, folder: id, create, cursor } = open;
    try {
      const grant = await this.#grant.ask();
      granted();
      if (this.#isOver) return;
      const folder = await parts.registry.acquire(id, create);
      const failed = (error: unknown): void => this.#fail(error);
      this.#folder = new FolderChannel({
        channel,
        grant,
        folder,
        blobs: parts.blobs,
        canBeAsked: version >= WANTED_VERSION,
        credit: this.#sent,
        knowsSnapshots: version >= SNAPSHOT_VERSION,
        noRoom: version >= UNTAKEN_VERSION ? (error) => this.#noRoom(error) : undefined,
        socket: this.#whileGranted(socket),
        clock: parts.clock,
        logger: parts.logger,
        failed,
      });
      if (this.#isOver) return;
      await this.#folder.open(cursor);
      this.#isOpen = true;
    } catch (error) {
      this.#fail(error);
    }
  }

  /** While nobody knows whether the device may read, or once it may not, it counts as slow: at most it hears that there is more. */
  #whileGranted(socket: ChannelSocket): ChannelSocket {
    const isUncertain = (): boolean => this.#isRevoked || this.#grant.settling !== undefined;
    return {
      send: (frame) => socket.send(frame),
      get isFull() {
        return socket.isFull || isUncertain();
      },
      drained: async () => {
        await this.#grant.settling;
        await socket.drained();
      },
      inTurn: (work) => this.#inTurn(socket, work),
    };
  }

  /** Nobody else waits for what is asked about this one. */
  async #inTurn<Result>(socket: ChannelSocket, work: () => Promise<Result>): Promise<Result> {
    for (;;) {
      await this.#grant.settling;
      const done = await socket.inTurn(async () =>
        this.#grant.settling === undefined ? { result: await work() } : undefined,
      );
      if (done !== undefined) return done.result;
    }
  }

  /** Nothing is done for a channel that ended: the device may not have heard of it yet. */
  async #use(act: (folder: FolderChannel) => Promise<void>): Promise<void> {
    const { settling } = this.#grant;
    if (settling !== undefined) await settling;
    if (this.#isOver) return;
    try {
      if (this.#folder === undefined || !this.#isOpen) {
        throw new EvermeshError('MESSAGE_UNEXPECTED', 'A channel was used before OPENED.');
      }
      await act(this.#folder);
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    if (isEvermeshError(error) && error.code.startsWith('MESSAGE_')) return this.#options.failed(error);
    this.#isOver = true;
    this.#grant.stop();
    void this.#refuse(error);
  }

  /** What was stored is acknowledged first: the device may rely on it that the rest was not. */
  async #refuse(error: unknown): Promise<void> {
    const { socket, open } = this.#options;
    const told = this.#told(error);
    this.#log('a channel is refused', told.code);
    this.#folder?.endPulls();
    await this.#folder?.settled();
    // A device that left meanwhile hears no more of the channel.
    if (this.#closing === undefined)
      socket.send(encodeMessage({ type: 'REFUSED', channel: open.channel, ...told }));
    await this.close();
  }

  /** A device goes on, and comes again and again with what waits: the log says it once. */
  #noRoom(error: EvermeshError): Problem {
    const told = this.#told(error);
    if (!this.#isFullTold) this.#log('a folder has no room', told.code);
    this.#isFullTold = true;
    return told;
  }

  #log(what: string, code: string): void {
    const { parts, hello, open } = this.#options;
    parts.logger.info(what, { folder: open.folder, device: hello.device, code });
  }

  /** What the device is told of it. */
  #told(error: unknown): Problem {
    const { parts } = this.#options;
    const { code, reason } = toldError(error, parts.logger);
    const retryAfter = retryAfterOf(error) ?? (isErrorCode(code) ? (RETRY_AFTER[code] ?? 0) : 0);
    parts.meter?.refused(code);
    return { code, reason, retryAfter };
  }

  async #close(): Promise<void> {
    const { parts, open } = this.#options;
    // Whoever is opening may wait for a reader that is gone.
    void this.#folder?.close();
    await this.#opening;
    await this.#folder?.close();
    // What was put is held until then.
    this.#puts?.leave();
    if (this.#folder !== undefined) parts.registry.release(open.folder);
  }
}

function retryAfterOf(error: unknown): number | undefined {
  const { retryAfter } = isEvermeshError(error) ? error.details : {};
  return typeof retryAfter === 'number' ? retryAfter : undefined;
}
