/**
 * One device's socket, from HELLO to its end: which message may come when, and which channel it belongs to. A frame that
 * is no message, or comes out of turn, ends this socket with FAILED; nobody else notices.
 */
import type { Timer } from '@evermesh/core/base';
import { EvermeshError } from '@evermesh/core/errors';
import {
  CREDIT_VERSION,
  decodeMessage,
  encodeMessage,
  type FromDevice,
  type Hello,
  LIMITS,
  type Message,
  type Open,
  OLDEST_VERSION,
  PROTOCOL_VERSION,
} from '@evermesh/core/protocol';
import type { FrameRate } from './frame-rates.ts';
import type { FrameSocket } from './frame-socket.ts';
import type { RelayParts } from './relay-parts.ts';
import { SocketChannel } from './socket-channel.ts';
import { toldError } from './told-error.ts';

const HELLO_WITHIN = 10_000;
/** Channels on one socket. */
const CHANNELS = 1024;
/** Bytes that are taken from a socket before it was granted a folder. */
const UNKNOWN_BYTES = 256 * 1024;
/** Bytes of one AWARENESS: it is handed to everybody. */
const AWARENESS_BYTES = 64 * 1024;
/** Looks in a row at which a socket may be silent; and at which one may be to which much waits to leave. */
const SILENT = 3;
const SILENT_FULL = 6;
/** WebSocket status: this peer did something wrong, or this side goes away. */
const WRONG = 1008;
const AWAY = 1001;

export class DeviceSession {
  readonly #parts: RelayParts;
  readonly #socket: FrameSocket;
  readonly #channels = new Map<number, SocketChannel>();
  /** Channels that were left and may still be writing. */
  readonly #closing = new Set<Promise<void>>();
  readonly #patience: Timer;
  #hello: Hello | undefined;
  #rate: FrameRate | undefined;
  /** Until then nothing more is read. */
  #rest: Timer | undefined;
  #isGranted = false;
  #isOver = false;
  /** Looks in a row at which nothing had been heard. */
  #silent = 0;
  /** Something came since the last look, a whole frame or not. */
  #isArriving = false;

  constructor(parts: RelayParts, socket: FrameSocket) {
    this.#parts = parts;
    this.#socket = socket;
    this.#patience = parts.clock.after(HELLO_WITHIN, () =>
      this.#fail(unexpected('Silence', 'HELLO comes first')),
    );
  }

  /** How many folders are open on it. */
  get channels(): number {
    return this.#channels.size;
  }

  /** Bytes that wait for the device to read them. */
  get waitingBytes(): number {
    return this.#socket.waitingBytes;
  }

  /** The bytes that came so far, frames or not: asked before a frame is whole. */
  received(bytes: number): void {
    this.#isArriving = true;
    if (this.#isGranted || bytes <= UNKNOWN_BYTES || this.#isOver) return;
    this.#fail(
      new EvermeshError(
        'MESSAGE_TOO_LARGE',
        'More was sent than anybody needs who was granted no folder yet.',
      ),
    );
    this.#socket.terminate();
  }

  frame(bytes: Uint8Array, isBinary: boolean): void {
    this.alive();
    if (this.#isOver) return;
    this.#slowDown();
    try {
      if (!isBinary) throw new EvermeshError('MESSAGE_MALFORMED', 'Frames are binary.');
      this.#receive(decodeMessage(bytes), bytes.byteLength);
    } catch (error) {
      this.#fail(error);
    }
  }

  alive(): void {
    this.#silent = 0;
  }

  /** Called at equal intervals: asks a silent peer, and gives up on one that stays silent. */
  look(): void {
    const isArriving = this.#isArriving;
    this.#isArriving = false;
    if (this.#socket.isWorking && !this.#socket.isFull) return;
    this.#silent = isArriving ? Math.min(this.#silent + 1, 2) : this.#silent + 1;
    // Who is not read from cannot be heard, and on a slow line what it is sent takes long.
    if (this.#silent > (this.#socket.isFull ? SILENT_FULL : SILENT)) this.#socket.terminate();
    // Also to who sends a long frame, slowly: it learns that somebody is here.
    else if (this.#silent > 1 && this.#hello !== undefined)
      this.#socket.send(encodeMessage({ type: 'PING' }));
  }

  /** Answers what was put, says that the relay stops, and closes. */
  async drain(): Promise<void> {
    const channels = [...this.#channels.values()];
    const over = this.#isOver;
    this.#isOver = true;
    await Promise.all(channels.map((channel) => channel.settled()));
    if (!over) this.#end(new EvermeshError('RELAY_DRAINING', 'The relay stops.'), AWAY);
  }

  /** The socket closed. Resolves when nothing of it is being written any more. */
  async closed(): Promise<void> {
    this.#isOver = true;
    this.#patience.cancel();
    this.#rest?.cancel();
    this.#rate?.leave();
    await Promise.all([...this.#channels.values()].map((channel) => channel.close()));
    await Promise.all(this.#closing);
  }

  #slowDown(): void {
    const milliseconds = this.#rate?.spend() ?? 0;
    if (milliseconds === 0 || this.#rest !== undefined) return;
    const { clock } = this.#parts;
    const over = new Promise<void>((resolve) => {
      this.#rest = clock.after(milliseconds, () => {
        this.#rest = undefined;
        resolve();
      });
    });
    void this.#socket.rest(over);
  }

  #receive(message: Message, bytes: number): void {
    if (this.#hello === undefined) {
      if (message.type !== 'HELLO') throw unexpected(message.type, 'HELLO comes first');
      return this.#onHello(message);
    }
    switch (message.type) {
      case 'OPEN':
        return this.#onOpen(message, this.#hello, bytes);
      case 'PULL':
        return this.#work(bytes, this.#channel(message).pull(message));
      case 'STATES':
        return this.#channel(message).takesStates();
      case 'PUT':
        return this.#work(bytes, this.#channel(message).put(message));
      case 'CREDIT':
        return this.#channel(message).credited(message);
      case 'AWARENESS':
        if (message.state.byteLength > AWARENESS_BYTES) {
          throw new EvermeshError('MESSAGE_TOO_LARGE', `Awareness has at most ${AWARENESS_BYTES} bytes.`);
        }
        return this.#channel(message).awareness(message);
      case 'LEAVE':
        return this.#onLeave(message.channel, this.#channel(message));
      case 'PING':
        return this.#socket.send(encodeMessage({ type: 'PONG' }));
      case 'PONG':
        return;
      default:
        throw unexpected(message.type, 'it is not for a relay now');
    }
  }

  #onHello(hello: Hello): void {
    const { version } = hello;
    if (version < OLDEST_VERSION || version > PROTOCOL_VERSION) {
      const reason = `The relay speaks versions ${OLDEST_VERSION} to ${PROTOCOL_VERSION} of the protocol, the device ${version}.`;
      throw new EvermeshError('PROTOCOL_UNSUPPORTED', reason);
    }
    this.#hello = hello;
    this.#rate = this.#parts.rates?.enter(hello.token);
    this.#patience.cancel();
    const { frameBytes, recordBytes } = LIMITS;
    const credit = version >= CREDIT_VERSION ? this.#parts.credits.first : undefined;
    this.#socket.send(encodeMessage({ type: 'WELCOME', version, frameBytes, recordBytes, credit }));
    this.#parts.logger.debug('a device is here', { device: hello.device });
  }

  #onOpen(open: Open, hello: Hello, bytes: number): void {
    if (this.#channels.has(open.channel)) throw unexpected('OPEN', 'the channel is taken');
    // Each one of a folder would be told all that the others are.
    if ([...this.#channels.values()].some(({ folder }) => folder === open.folder))
      throw unexpected('OPEN', 'the folder has a channel on this socket');
    if (this.#channels.size === CHANNELS)
      throw unexpected('OPEN', `a socket has at most ${CHANNELS} channels`);
    const channel = new SocketChannel({
      parts: this.#parts,
      socket: this.#socket,
      hello,
      open,
      granted: () => {
        this.#isGranted = true;
      },
      failed: (error) => this.#fail(error),
    });
    this.#channels.set(open.channel, channel);
    this.#work(bytes, channel.opening);
  }

  #onLeave(number: number, channel: SocketChannel): void {
    this.#channels.delete(number);
    const closed = channel.close().finally(() => this.#closing.delete(closed));
    this.#closing.add(closed);
  }

  /** The channel of a message; one that was refused stays known until the device leaves it. */
  #channel({ type, channel }: Extract<FromDevice, { channel: number }>): SocketChannel {
    const known = this.#channels.get(channel);
    if (known === undefined) throw unexpected(type, `there is no channel ${channel}`);
    return known;
  }

  /** Neither `pull`, `put` nor `opening` rejects: what goes wrong in a channel is told there. */
  #work(bytes: number, work: Promise<void>): void {
    void this.#socket.work(bytes, work);
  }

  #fail(error: unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#end(error, WRONG);
  }

  #end(error: unknown, status: number): void {
    this.#patience.cancel();
    const { code, reason } = toldError(error, this.#parts.logger);
    this.#parts.meter?.refused(code);
    this.#parts.logger.info('a socket is ended', { device: this.#hello?.device, code });
    this.#socket.end(encodeMessage({ type: 'FAILED', code, reason }), status);
  }
}

const unexpected = (what: string, why: string): EvermeshError =>
  new EvermeshError('MESSAGE_UNEXPECTED', `${what} came out of turn: ${why}.`);
