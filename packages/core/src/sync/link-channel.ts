/**
 * One folder's channel on a connection, as far as credit goes: PUTs wait here until the peer takes more, and the peer is told how much
 * more it may send as what it sent is durable. What a folder has to put is bounded before it comes here.
 */
import {
  bytesOf,
  type FromDevice,
  type FromRelay,
  GivenCredit,
  type Put,
  SentCredit,
} from '../protocol/index.ts';
import type { FolderDriver } from './folder-driver.ts';

export interface LinkChannelOptions {
  readonly channel: number;
  readonly driver: FolderDriver;
  /** What the peer takes in the beginning, in bytes. */
  readonly credit: number;
  /** Bytes that the peer may send before they are durable here. */
  readonly window: number;
  readonly send: (message: FromDevice) => void;
}

export class LinkChannel {
  readonly #options: LinkChannelOptions;
  readonly #sent: SentCredit;
  readonly #given: GivenCredit;
  readonly #waiting: Put[] = [];
  #isOpened = false;

  constructor(options: LinkChannelOptions) {
    this.#options = options;
    this.#sent = new SentCredit(options.credit);
    this.#given = new GivenCredit(options.window);
  }

  get driver(): FolderDriver {
    return this.#options.driver;
  }

  /** PUTs leave in their order, as the peer takes them; everything else leaves at once. */
  send(message: FromDevice): void {
    if (message.type === 'OPEN') this.#isOpened = true;
    if (message.type !== 'PUT') return this.#options.send(message);
    this.#waiting.push(message);
    this.#flush();
  }

  /** Nothing if the peer was not told of the channel yet: it would not know what is left. */
  leave(): void {
    const { channel, send } = this.#options;
    if (this.#isOpened) send({ type: 'LEAVE', channel });
  }

  /** @throws MESSAGE_BEYOND_CREDIT */
  receive(message: FromRelay): void {
    if (message.type === 'CREDIT') {
      this.#sent.grant(message.credit);
      return this.#flush();
    }
    const records = message.type === 'RECORDS' || message.type === 'LIVE' ? message.records : [];
    if (records.length > 0) this.#given.take(bytesOf(records));
    this.driver.receive(message);
  }

  /** Of what came, so many bytes more are durable. */
  took(bytes: number): void {
    const { channel, window, send } = this.#options;
    const credit = this.#given.done(bytes, window);
    if (credit !== undefined) send({ type: 'CREDIT', channel, credit });
  }

  #flush(): void {
    while (this.#sent.isLeft) {
      const put = this.#waiting.shift();
      if (put === undefined) return;
      this.#sent.spend(bytesOf(put.records));
      this.#options.send(put);
    }
  }
}
