/** One connection of a link: HELLO and WELCOME, the heartbeat, and which channel a message belongs to. */
import type { Timer } from '../base/index.ts';
import { EvermeshError, isErrorCode } from '../errors/index.ts';
import {
  decodeMessage,
  encodeMessage,
  type FromDevice,
  type FromRelay,
  LIMITS,
  type Message,
  PROTOCOL_VERSION,
} from '../protocol/index.ts';
import type { FolderDriver } from './folder-driver.ts';
import { Heartbeat } from './heartbeat.ts';
import { asError, unexpected } from './link-errors.ts';
import type { LinkOptions } from './link-options.ts';
import type { Connection } from './transport.ts';

const WELCOME_WITHIN = 20_000;
const LABEL_CHARACTERS = 256;

export class LinkSocket {
  readonly #options: LinkOptions;
  readonly #events: { welcomed: () => void; closed: (error: EvermeshError | undefined) => void };
  readonly #channels = new Map<number, FolderDriver>();
  #connection: Connection | undefined;
  #heartbeat: Heartbeat | undefined;
  #patience: Timer | undefined;
  #isWelcome = false;
  #isOver = false;
  #frameBytes: number = LIMITS.frameBytes;

  constructor(
    options: LinkOptions,
    events: { welcomed: () => void; closed: (error: EvermeshError | undefined) => void },
  ) {
    this.#options = options;
    this.#events = events;
  }

  /** The longest frame that the peer takes, in bytes. */
  get frameBytes(): number {
    return this.#frameBytes;
  }

  connect(): void {
    const { clock, transport } = this.#options;
    this.#patience = clock.after(WELCOME_WITHIN, () =>
      this.fail(new EvermeshError('LINK_UNREACHABLE', 'The relay did not answer in time.')),
    );
    try {
      this.#connection = transport.connect({
        opened: () => this.#hello(),
        frame: (bytes) => this.#onFrame(bytes),
        closed: (why) => this.#end(why),
      });
    } catch (error) {
      // A browser throws at once where a page may not open such a socket: `ws:` from `https:`.
      const reason = `The relay cannot be reached: ${String(error)}`;
      this.#end(new EvermeshError('LINK_UNREACHABLE', reason, { cause: error }));
    }
  }

  enter(channel: number, driver: FolderDriver): void {
    this.#channels.set(channel, driver);
  }

  leave(driver: FolderDriver): void {
    for (const [channel, entered] of this.#channels) {
      if (entered !== driver) continue;
      this.#channels.delete(channel);
      this.send({ type: 'LEAVE', channel });
    }
  }

  send(message: FromDevice): void {
    if (!this.#isOver) this.#connection?.send(encodeMessage(message));
  }

  /** Ends the connection because of what the peer did, or because it cannot be used any more. */
  fail(error: EvermeshError): void {
    if (this.#isOver) return;
    this.#end(error);
    this.#connection?.close();
  }

  close(): void {
    if (this.#isOver) return;
    this.#end(undefined);
    this.#connection?.close();
  }

  #end(error: EvermeshError | undefined): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#patience?.cancel();
    this.#heartbeat?.stop();
    this.#events.closed(error);
  }

  #hello(): void {
    const { device, transport } = this.#options;
    const label = device.name.slice(0, LABEL_CHARACTERS);
    this.send({ type: 'HELLO', version: PROTOCOL_VERSION, device: device.id, label, token: transport.token });
  }

  #onFrame(bytes: Uint8Array): void {
    if (this.#isOver) return;
    this.#heartbeat?.heard();
    try {
      this.#receive(decodeMessage(bytes));
    } catch (error) {
      this.fail(asError(error));
    }
  }

  #receive(message: Message): void {
    switch (message.type) {
      case 'WELCOME':
        return this.#onWelcome(message.version, message.frameBytes);
      case 'FAILED':
        return this.fail(failure(message.code, message.reason));
      case 'PING':
        return this.send({ type: 'PONG' });
      case 'PONG':
        return;
      case 'HELLO':
      case 'OPEN':
      case 'PULL':
      case 'STATES':
      case 'PUT':
      case 'LEAVE':
        throw unexpected(message.type);
      default:
        return this.#toChannel(message);
    }
  }

  #onWelcome(version: number, frameBytes: number): void {
    if (this.#isWelcome) throw unexpected('WELCOME');
    if (version !== PROTOCOL_VERSION) {
      throw new EvermeshError('PROTOCOL_UNSUPPORTED', `The relay speaks version ${version} of the protocol.`);
    }
    this.#isWelcome = true;
    this.#frameBytes = Math.min(frameBytes, LIMITS.frameBytes);
    this.#patience?.cancel();
    this.#heartbeat = new Heartbeat(this.#options.clock, {
      ask: () => this.send({ type: 'PING' }),
      dead: () => this.fail(new EvermeshError('LINK_UNREACHABLE', 'The relay fell silent.')),
      buffered: () => this.#connection?.buffered ?? 0,
    });
    this.#events.welcomed();
  }

  #toChannel(message: Exclude<FromRelay, { type: 'WELCOME' | 'FAILED' | 'PING' | 'PONG' }>): void {
    if (!this.#isWelcome) throw unexpected(message.type);
    // A channel that was left may still be spoken to for a moment.
    this.#channels.get(message.channel)?.receive(message);
  }
}

const failure = (code: string, reason: string): EvermeshError =>
  isErrorCode(code)
    ? new EvermeshError(code, reason)
    : new EvermeshError('LINK_CLOSED', `The relay ended the connection: ${reason}`, { details: { code } });
