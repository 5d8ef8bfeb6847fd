/** A device on a bare socket: puts records, knows which of them were acknowledged, and can be told to say what else it sees. */
import { once } from 'node:events';
import {
  authorOf,
  type AuthorId,
  type DocumentId,
  type FolderId,
  newDeviceId,
  newRunId,
  systemRandom,
} from '@evermesh/core/base';
import {
  CREDIT_VERSION,
  decodeMessage,
  encodeMessage,
  encodeRecord,
  type FromDevice,
  type FromRelay,
  type Heads,
  makeRecord,
} from '@evermesh/core/protocol';
import { WebSocket } from 'ws';
import type { SeededRandom } from '../../../bench/random.ts';

const CHANNEL = 1;
const DOCUMENTS = 50;

export interface SentRecord {
  readonly document: DocumentId;
  readonly counter: number;
  readonly bytes: Uint8Array;
}

/** What the relay said that it has, and what it gave. */
export interface Held {
  readonly heads: ReadonlyMap<DocumentId, Heads>;
  readonly records: readonly Uint8Array[];
}

export class PuttingDevice {
  readonly author: AuthorId;
  /** All that it ever put, by counter from 1. */
  readonly sent: SentRecord[] = [];
  /** The counter up to which the relay promised that it has everything. */
  acknowledged = 0;
  /** Called at each ACK, before anything else happens. */
  onAck: () => void = () => {};
  readonly #device = newDeviceId(systemRandom);
  readonly #folder: FolderId;
  readonly #random: SeededRandom;
  readonly #last = new Map<DocumentId, number>();
  #socket!: WebSocket;
  #heard: (message: FromRelay) => void = () => {};

  constructor(folder: FolderId, random: SeededRandom) {
    this.#folder = folder;
    this.#random = random;
    this.author = authorOf(this.#device, newRunId(systemRandom));
  }

  /** Opens the folder, and gets all that the relay has of it. */
  async connect(url: string): Promise<Held> {
    const socket = new WebSocket(url);
    this.#socket = socket;
    // A relay that is killed breaks off.
    socket.on('error', () => undefined);
    socket.on('message', (data) => {
      const message = decodeMessage(Uint8Array.from(data as Buffer)) as FromRelay;
      if (message.type === 'ACK') this.#onAck(message.counter);
      else this.#heard(message);
    });
    await once(socket, 'open');
    const { promise, resolve, reject } = deferred<Held>();
    const heads = new Map<DocumentId, Heads>();
    const records: Uint8Array[] = [];
    const left = new Set<DocumentId>();
    this.#heard = (message) => {
      if (message.type === 'CHANGED') {
        for (const changed of message.documents) heads.set(changed.document, changed.heads);
        if (message.through === undefined) return;
        for (const document of heads.keys()) left.add(document);
        const documents = [...heads.keys()].map((document) => ({ document, heads: new Map() }));
        if (documents.length > 0) void this.#say({ type: 'PULL', channel: CHANNEL, documents });
        else resolve({ heads, records });
      } else if (message.type === 'RECORDS') {
        records.push(...message.records);
        for (const document of message.done) left.delete(document);
        if (left.size === 0) resolve({ heads, records });
      } else if (message.type === 'LIVE') records.push(...message.records);
      else if (message.type !== 'WELCOME' && message.type !== 'OPENED')
        reject(new Error(`The relay said ${JSON.stringify(message)}.`));
    };
    // It puts as it likes, whatever the relay takes.
    const version = CREDIT_VERSION - 1;
    const device = this.#device;
    void this.#say({ type: 'HELLO', version, device, label: '', token: '', credit: undefined });
    void this.#say({ type: 'OPEN', channel: CHANNEL, folder: this.#folder, create: true, cursor: undefined });
    return promise;
  }

  /** Puts once more what was not acknowledged. Nothing if that is nothing. */
  repeat(): void {
    const open = this.sent.slice(this.acknowledged);
    for (let i = 0; i < open.length; i += 20) void this.#put(open.slice(i, i + 20));
  }

  /** Puts a few new records. Resolves when they have left, as far as this program can tell. */
  putNew(): Promise<void> {
    const first = this.sent.length + 1;
    const count = 1 + this.#random.below(4);
    return this.#put(Array.from({ length: count }, (_, i) => this.#newRecord(first + i)));
  }

  /** Resolves when all that was put is acknowledged. */
  async settled(): Promise<void> {
    const { promise, resolve } = deferred<void>();
    const look = (): void => {
      if (this.acknowledged === this.sent.length) resolve();
    };
    this.onAck = look;
    look();
    await promise;
    this.onAck = () => {};
  }

  /** Resolves when the connection is over, and what had come was heard. */
  async over(): Promise<void> {
    if (this.#socket.readyState !== WebSocket.CLOSED) await once(this.#socket, 'close');
  }

  async leave(): Promise<void> {
    this.#socket.close();
    await this.over();
  }

  #onAck(counter: number): void {
    this.acknowledged = counter;
    this.onAck();
  }

  #newRecord(counter: number): SentRecord {
    const document = `d${this.#random.below(DOCUMENTS)}` as DocumentId;
    const record = makeRecord({
      folder: this.#folder,
      document,
      author: this.author,
      counter,
      prev: this.#last.get(document) ?? 0,
      time: 0,
      body: this.#random.bytes(20 + this.#random.below(this.#random.below(8) === 0 ? 20_000 : 300)),
    });
    this.#last.set(document, counter);
    const sent = { document, counter, bytes: encodeRecord(record) };
    this.sent.push(sent);
    return sent;
  }

  #put(records: readonly SentRecord[]): Promise<void> {
    return this.#say({ type: 'PUT', channel: CHANNEL, records: records.map(({ bytes }) => bytes) });
  }

  #say(message: FromDevice): Promise<void> {
    return new Promise((resolve) => this.#socket.send(encodeMessage(message), () => resolve()));
  }
}

interface Deferred<T> {
  readonly promise: Promise<T>;
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

function deferred<T>(): Deferred<T> {
  let resolve!: (value: T) => void;
  let reject!: (error: Error) => void;
  const promise = new Promise<T>((...given) => ([resolve, reject] = given));
  return { promise, resolve, reject };
}
