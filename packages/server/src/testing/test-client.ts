/** A device of a test: a bare socket that says what it is told to say, so that a test can also say what is wrong. */
import type { Socket } from 'node:net';
import { type DeviceId, Listeners, newDeviceId, systemRandom } from '@evermesh/core/base';
import {
  type Credit,
  type Cursor,
  decodeMessage,
  encodeMessage,
  type FromDevice,
  type FromRelay,
  type Opened,
  PROTOCOL_VERSION,
} from '@evermesh/core/protocol';
import { type ClientOptions, WebSocket } from 'ws';
import { FOLDER } from './test-author.ts';

type Type = FromRelay['type'];
type Of<T extends Type> = Extract<FromRelay, { type: T }>;

export class TestClient implements AsyncDisposable {
  readonly device: DeviceId;
  /** The status with which the socket closed. */
  readonly closed: Promise<number>;
  readonly #socket: WebSocket;
  readonly #messages: FromRelay[] = [];
  readonly #waiting: ((message: FromRelay) => void)[] = [];

  /** A socket on which nothing was said yet. */
  static async connect(url: string, options: ClientOptions = {}): Promise<TestClient> {
    const socket = new WebSocket(url, options);
    const client = new TestClient(socket, newDeviceId(systemRandom));
    await new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return client;
  }

  /** A socket that was welcomed. */
  static async hello(
    url: string,
    hello: { token?: string; device?: DeviceId; version?: number; credit?: number } = {},
    options: ClientOptions = {},
  ): Promise<TestClient> {
    const client = await TestClient.connect(url, options);
    const { token = '', device = client.device, version = PROTOCOL_VERSION } = hello;
    const { credit = Number.MAX_SAFE_INTEGER } = hello;
    client.send({ type: 'HELLO', version, device, label: 'test', token, credit });
    await client.next('WELCOME');
    return client;
  }

  private constructor(socket: WebSocket, device: DeviceId) {
    this.device = device;
    this.#socket = socket;
    this.closed = new Promise((resolve) => socket.once('close', resolve));
    socket.on('error', () => undefined);
    socket.on('message', (data) => {
      const message = decodeMessage(Uint8Array.from(data as Buffer)) as FromRelay;
      if (message.type === 'CREDIT') return this.#credited(message);
      const waiting = this.#waiting.shift();
      if (waiting === undefined) this.#messages.push(message);
      else waiting(message);
    });
  }

  send(...messages: FromDevice[]): void {
    for (const message of messages) this.raw(encodeMessage(message));
  }

  raw(data: Uint8Array | string): void {
    this.#socket.send(data);
  }

  /** A part of a frame whose end never comes. */
  part(data: Uint8Array): void {
    this.#socket.send(data, { fin: false });
  }

  /** A frame that is marked as compressed, which nobody offered: what `ws` would not send. */
  compressed(): void {
    const wire = (this.#socket as unknown as { _socket: Socket })._socket;
    wire.write(Uint8Array.of(0x80 | 0x40 | 0x02, 0x80 | 1, 0, 0, 0, 0, 0));
  }

  /** The next message. */
  any(): Promise<FromRelay> {
    const message = this.#messages.shift();
    if (message !== undefined) return Promise.resolve(message);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  /** The next message, which is of this type. */
  async next<T extends Type>(type: T): Promise<Of<T>> {
    const message = await this.any();
    if (message.type !== type) throw new Error(`${describe(message)} came where ${type} was awaited.`);
    return message as Of<T>;
  }

  /** What the relay said that it takes, of each channel the last: said beside what is answered, so nobody awaits it as a message. */
  readonly credits: Map<number, number> = new Map();
  readonly onCredit: Listeners<Credit> = new Listeners();

  #credited(credit: Credit): void {
    this.credits.set(credit.channel, credit.credit);
    this.onCredit.emit(credit);
  }

  /** Messages that came and were not asked for. */
  get unread(): readonly FromRelay[] {
    return this.#messages;
  }

  /** Opens the folder of the tests on channel 1, and reads to the end of what is told of it, but for what it is asked for. */
  async open(options: { cursor?: Cursor | undefined; channel?: number } = {}): Promise<Opened> {
    const { cursor, channel = 1 } = options;
    this.send({ type: 'OPEN', channel, folder: FOLDER, create: true, cursor });
    let message = await this.any();
    while (message.type === 'WANTED') message = await this.any();
    if (message.type !== 'OPENED') throw new Error(`${describe(message)} came where OPENED was awaited.`);
    const opened = message;
    if (opened.resumed && opened.cursor.seq === cursor?.seq) return opened;
    while ((await this.next('CHANGED')).through === undefined);
    return opened;
  }

  /** Resolves when everything said so far was read, and everything answered that is answered at once. */
  async roundTrip(): Promise<void> {
    this.send({ type: 'PING' });
    await this.next('PONG');
  }

  /** Reads nothing until `resume`. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  async close(): Promise<void> {
    this.#socket.close();
    await this.closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.terminate();
    await this.closed;
  }
}

const describe = (message: FromRelay): string =>
  'code' in message ? `${message.type} ${message.code} (${message.reason})` : message.type;
