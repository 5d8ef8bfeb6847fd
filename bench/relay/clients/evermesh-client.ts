/** A client of Evermesh's relay without a store: it speaks the protocol, and numbers records as a device does. */
import {
  type AuthorId,
  authorOf,
  type DocumentId,
  type FolderId,
  newDeviceId,
  newRunId,
  systemRandom,
} from '@evermesh/core/base';
import { encodeBody } from '@evermesh/core/model';
import {
  type Changed,
  CREDIT_VERSION,
  decodeMessage,
  decodeRecord,
  encodeMessage,
  encodeRecord,
  type FromDevice,
  type FromRelay,
  makeRecord,
  NO_HEADS,
  raiseBy,
} from '@evermesh/core/protocol';
import type { WebSocket } from 'ws';
import type { ClientOptions, ConnectClient, RelayClient, Typed } from '../client.ts';
import { closeSockets, openSocket } from '../sockets.ts';

export const evermeshClient: ConnectClient = (options) => new EvermeshClient(options);

/** A folder that a client has open: all documents of it, or, where these are apart, one. */
interface Channel {
  readonly folder: FolderId;
  /** Documents that were asked for and are not there yet. */
  owed: number;
  isTold: boolean;
  readonly isThere: Promise<void>;
  readonly there: () => void;
  lastCounter: number;
  readonly lastOf: Map<DocumentId, number>;
}

const folderOf = (number: number): FolderId => number.toString(16).padStart(32, '0') as FolderId;
function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve: () => resolve() };
}

const documentOf = (number: number): DocumentId => `d${number}` as DocumentId;
const numberOf = (document: DocumentId): number => Number(document.slice(1));

class EvermeshClient implements RelayClient {
  readonly #options: ClientOptions;
  readonly #author: AuthorId;
  readonly #channels = new Map<number, Channel>();
  readonly #heads = new Map<DocumentId, Map<AuthorId, number>>();
  #socket: WebSocket | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
    this.#author = authorOf(newDeviceId(systemRandom), newRunId(systemRandom));
  }

  async open(documents: readonly number[]): Promise<void> {
    if (this.#socket === undefined) {
      this.#socket = await openSocket(this.#options.port, '', (bytes) => this.#received(bytes));
      const device = newDeviceId(systemRandom);
      // It sends as fast as it can, whatever the relay takes, as those beside it do.
      const version = CREDIT_VERSION - 1;
      this.#send({ type: 'HELLO', version, device, label: '', token: '', credit: undefined });
    }
    const opening = [...new Set(documents.map((document) => this.#channelOf(document)))];
    for (const number of opening) if (!this.#channels.has(number)) this.#openChannel(number);
    await Promise.all(opening.map((number) => this.#channels.get(number)!.isThere));
  }

  type(number: number, { update, through, text }: Typed): void {
    const channel = this.#channelOf(number);
    const { folder, lastOf, lastCounter } = this.#channels.get(channel)!;
    const document = documentOf(number);
    const counter = lastCounter + 1;
    const prev = lastOf.get(document) ?? 0;
    lastOf.set(document, counter);
    this.#channels.get(channel)!.lastCounter = counter;
    const clocks = [{ client: 1, clock: through - text.length, length: text.length }];
    const ids = { folder, document, author: this.#author };
    const record = makeRecord({ ...ids, counter, prev, time: 0, clocks, body: encodeBody(update) });
    this.#send({ type: 'PUT', channel, records: [encodeRecord(record)] });
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#channels.clear();
    if (socket !== undefined) await closeSockets([socket]);
  }

  #channelOf(document: number): number {
    return this.#options.apart ? document : 0;
  }

  #openChannel(number: number): void {
    const { promise: isThere, resolve: there } = deferred();
    const folder = folderOf(number);
    const counts = { owed: 0, isTold: false, lastCounter: 0, lastOf: new Map<DocumentId, number>() };
    this.#channels.set(number, { folder, isThere, there, ...counts });
    this.#send({ type: 'OPEN', channel: number, folder, create: true, cursor: undefined });
  }

  #send(message: FromDevice): void {
    this.#socket?.send(encodeMessage(message));
  }

  #received(bytes: Uint8Array): void {
    const message = decodeMessage(bytes) as FromRelay;
    switch (message.type) {
      case 'PING':
        return this.#send({ type: 'PONG' });
      case 'OPENED':
        return this.#send({ type: 'STATES', channel: message.channel });
      case 'CHANGED':
        return this.#changed(message);
      case 'LIVE':
        return message.records.forEach((record) => this.#took(record));
      case 'RECORDS':
        message.records.forEach((record) => this.#took(record));
        return this.#told(message.channel, -message.done.length);
      case 'REFUSED':
      case 'FAILED':
      case 'GAP':
        throw new Error(`The relay said ${JSON.stringify(message)}.`);
      default:
    }
  }

  #changed({ channel, documents, through }: Changed): void {
    const wanted = documents.map(({ document }) => ({
      document,
      heads: this.#heads.get(document) ?? NO_HEADS,
    }));
    if (wanted.length > 0) this.#send({ type: 'PULL', channel, documents: wanted });
    if (through !== undefined) this.#channels.get(channel)!.isTold = true;
    this.#told(channel, wanted.length);
  }

  #told(number: number, more: number): void {
    const channel = this.#channels.get(number)!;
    channel.owed += more;
    if (channel.owed === 0 && channel.isTold) channel.there();
  }

  #took(bytes: Uint8Array): void {
    const { header } = decodeRecord(bytes);
    const { document, clocks } = header;
    let heads = this.#heads.get(document);
    if (heads === undefined) this.#heads.set(document, (heads = new Map()));
    raiseBy(heads, header);
    const last = clocks.at(-1);
    if (last !== undefined) this.#options.arrived?.(numberOf(document), last.clock + last.length);
  }
}
