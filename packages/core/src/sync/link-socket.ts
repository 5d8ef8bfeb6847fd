/** One connection of a link: HELLO and WELCOME, the heartbeat, and which channel a message belongs to. */
import type { Timer } from '../base/index.ts';
import { EvermeshError, isErrorCode } from '../errors/index.ts';
import {
  decodeMessage,
  encodeMessage,
  type Failed,
  type FromDevice,
  type FromRelay,
  LIMITS,
  type Message,
  PROTOCOL_VERSION,
  type Welcome,
} from '../protocol/index.ts';
import type { FolderDriver } from './folder-driver.ts';
import { Heartbeat } from './heartbeat.ts';
import { LinkChannel } from './link-channel.ts';
import { asError, unexpected } from './link-errors.ts';
import type { LinkOptions } from './link-options.ts';
import type { Connection } from './transport.ts';

const WELCOME_WITHIN = 20_000;
const LABEL_CHARACTERS = 256;
const RECEIVE_BYTES = 8 * 1024 * 1024;

export class LinkSocket {
  readonly #options: LinkOptions;
  readonly #events: { welcomed: () => void; closed: (error: EvermeshError | undefined) => void };
  readonly #channels = new Map<number, LinkChannel>();
  #connection: Connection | undefined;
  #heartbeat: Heartbeat | undefined;
  #patience: Timer | undefined;
  #isWelcome = false;
  #isOver = false;
  #frameBytes: number = LIMITS.frameBytes;
  /** What the peer takes on a channel in the beginning. */
  #credit = 0;

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
    const window = this.#window;
    const send = (message: FromDevice): void => this.send(message);
    this.#channels.set(channel, new LinkChannel({ channel, driver, credit: this.#credit, window, send }));
  }

  leave(driver: FolderDriver): void {
    for (const [channel, entered] of this.#channels) {
      if (entered.driver !== driver) continue;
      this.#channels.delete(channel);
      entered.leave();
    }
  }

  /** What a folder says. Nothing if its channel was left. */
  say(channel: number, message: FromDevice): void {
    this.#channels.get(channel)?.send(message);
  }

  /** Of what came on a channel, so many bytes more are durable. */
  took(channel: number, bytes: number): void {
    this.#channels.get(channel)?.took(bytes);
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

  get #window(): number {
    return this.#options.receiveBytes ?? RECEIVE_BYTES;
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
    const { token } = transport;
    const credit = this.#window;
    this.send({ type: 'HELLO', version: PROTOCOL_VERSION, device: device.id, label, token, credit });
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
        return this.#onWelcome(message);
      case 'FAILED':
        return this.fail(failure(message, this.#isWelcome));
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

  #onWelcome({ version, frameBytes, credit }: Welcome): void {
    if (this.#isWelcome) throw unexpected('WELCOME');
    if (version !== PROTOCOL_VERSION) {
      throw new EvermeshError('PROTOCOL_UNSUPPORTED', `The relay speaks version ${version} of the protocol.`);
    }
    this.#isWelcome = true;
    this.#credit = credit ?? 0;
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

function failure({ code, reason }: Failed, isWelcome: boolean): EvermeshError {
  // Nothing but HELLO was sent: relays of versions 1 to 5 find a field too many in it.
  if (code === 'MESSAGE_MALFORMED' && !isWelcome) {
    const what = `The relay does not know version ${PROTOCOL_VERSION} of the protocol: ${reason}`;
    return new EvermeshError('PROTOCOL_UNSUPPORTED', what);
  }
  if (isErrorCode(code)) return new EvermeshError(code, reason);
  return new EvermeshError('LINK_CLOSED', `The relay ended the connection: ${reason}`, { details: { code } });
}
