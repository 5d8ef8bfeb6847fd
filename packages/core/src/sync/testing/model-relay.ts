/**
 * A relay as small as can be: one folder, a log in a map of rows, connections that are handed one frame at a time. It
 * pages and splits early, so that a few records make many frames, and can be told to hold a reader for slow.
 */
import { setImmediate as turn } from 'node:timers/promises';
import { equalBytes, type Random, SerialQueue } from '../../base/index.ts';
import { Committer, FolderLog, openStore, type StoredRecord } from '../../log/index.ts';
import {
  type Cursor,
  decodeMessage,
  decodeRecord,
  encodeMessage,
  type FromRelay,
  LIMITS,
  type Message,
  type Position,
  PROTOCOL_VERSION,
} from '../../protocol/index.ts';
import { memoryStore } from '../../testing/memory-store.ts';
import { FOLDER } from './test-folder.ts';

const PAGE = 2;

type From<T extends Message['type']> = Extract<Message, { type: T }>;

export class ModelRelay {
  readonly log: FolderLog;
  readonly rows: Map<string, Uint8Array>;
  readonly connections: Set<RelayConnection> = new Set();
  /** There is no room for what is put of these. */
  full: ReadonlySet<string> = new Set();

  static async open(rows: Map<string, Uint8Array>, random: Random): Promise<ModelRelay> {
    const store = memoryStore(rows);
    await openStore(store);
    const committer = new Committer(store);
    const log = await FolderLog.open({ store, committer, folder: FOLDER, random });
    return new ModelRelay(log, rows);
  }

  private constructor(log: FolderLog, rows: Map<string, Uint8Array>) {
    this.log = log;
    this.rows = rows;
  }

  accept(send: (frame: Uint8Array) => void): RelayConnection {
    const connection = new RelayConnection(this, (message) => send(encodeMessage(message)));
    this.connections.add(connection);
    return connection;
  }
}

export class RelayConnection {
  readonly #relay: ModelRelay;
  readonly #send: (message: FromRelay) => void;
  readonly #queue: SerialQueue = new SerialQueue();
  readonly #pulls: SerialQueue = new SerialQueue();
  #pulling = 0;
  #channel = -1;
  #told: Position = { seq: 0, digest: new Uint8Array(16) };
  #isOpen = false;
  #isSlow = false;
  /** Answers that wait until the reader was told of what they acknowledge. */
  readonly #held: (() => void)[] = [];
  #stop: () => void = () => {};
  /** What went wrong in here: a test that ends with one has failed. */
  failure: unknown;

  constructor(relay: ModelRelay, send: (message: FromRelay) => void) {
    this.#relay = relay;
    this.#send = send;
  }

  receive(frame: Uint8Array): void {
    this.#queue.run(() => this.#on(decodeMessage(frame))).catch((error: unknown) => (this.failure = error));
  }

  /** It will still say something by itself. */
  get isBusy(): boolean {
    return this.#pulling > 0;
  }

  /** A slow reader is told later, and at once when it is none any more. */
  set slow(slow: boolean) {
    this.#isSlow = slow;
    if (slow || !this.#isOpen) return;
    if (this.#told.seq < this.#relay.log.position.seq) this.#tellChanged();
    for (const answer of this.#held.splice(0)) answer();
  }

  close(): void {
    this.#stop();
    this.#isOpen = false;
    this.#relay.connections.delete(this);
  }

  async #on(message: Message): Promise<void> {
    switch (message.type) {
      case 'HELLO':
        return this.#send({
          type: 'WELCOME',
          version: PROTOCOL_VERSION,
          frameBytes: LIMITS.frameBytes,
          recordBytes: LIMITS.recordBytes,
          credit: Number.MAX_SAFE_INTEGER,
        });
      case 'OPEN':
        return this.#onOpen(message);
      case 'PULL':
        this.#pulling += 1;
        void this.#pulls.run(() => this.#onPull(message)).finally(() => (this.#pulling -= 1));
        return;
      case 'PUT':
        return this.#onPut(message);
      // It compacts nothing.
      case 'STATES':
        return;
      case 'PING':
        return this.#send({ type: 'PONG' });
      case 'LEAVE':
        return this.close();
      default:
        throw new TypeError(`${message.type} came to the relay`);
    }
  }

  async #onOpen({ channel, create, cursor }: From<'OPEN'>): Promise<void> {
    const { log } = this.#relay;
    this.#channel = channel;
    if (log.position.seq === 0 && !create) {
      return this.#send({ type: 'REFUSED', channel, code: 'FOLDER_NOT_FOUND', reason: '', retryAfter: 1000 });
    }
    const digest = cursor?.epoch === log.epoch ? await log.read.digestAt(cursor.seq) : undefined;
    const resumed = digest !== undefined && cursor !== undefined && equalBytes(digest, cursor.digest);
    this.#told = resumed ? cursor : { seq: 0, digest: new Uint8Array(16) };
    this.#send({ type: 'OPENED', channel, cursor: this.#end(), grant: 'write', resumed });
    this.#isOpen = true;
    if (!resumed || cursor.seq !== log.position.seq) this.#tellChanged();
    this.#stop = log.appended.add(({ entries, source }) => {
      const through = entries.at(-1);
      if (this.#isSlow || through === undefined) return;
      const records = entries.map(({ bytes }) => bytes);
      if (source !== this) this.#send({ type: 'LIVE', channel, through, records });
      this.#told = through;
    });
  }

  #end(): Cursor {
    const { epoch, position } = this.#relay.log;
    return { epoch, ...position };
  }

  #tellChanged(): void {
    const changed = [...this.#relay.log.documents()].filter(({ lastSeq }) => lastSeq > this.#told.seq);
    const channel = this.#channel;
    do {
      const documents = changed
        .splice(0, PAGE)
        .map(({ document, lastSeq, bytes, heads }) => ({ document, seq: lastSeq, bytes, heads }));
      const through = changed.length === 0 ? this.#end() : undefined;
      this.#send({ type: 'CHANGED', channel, documents, through });
    } while (changed.length > 0);
    this.#told = this.#relay.log.position;
  }

  async #onPull({ channel, documents }: From<'PULL'>): Promise<void> {
    for (const { document, heads } of documents) {
      const found: StoredRecord[] = [];
      for await (const stored of this.#relay.log.read.document(document, heads)) found.push(stored);
      do {
        const records = found.splice(0, PAGE).map(({ bytes }) => bytes);
        // Others put meanwhile: what they put is told before the rest of what was read.
        await turn();
        this.#send({ type: 'RECORDS', channel, records, done: found.length === 0 ? [document] : [] });
      } while (found.length > 0);
    }
  }

  async #onPut({ channel, records }: From<'PUT'>): Promise<void> {
    const decoded = records.map((bytes) => decodeRecord(bytes));
    const { full } = this.#relay;
    if (decoded.some(({ header }) => full.has(header.document)))
      return this.#answer(() =>
        this.#send({ type: 'UNTAKEN', channel, code: 'QUOTA_EXCEEDED', reason: '', retryAfter: 0 }),
      );
    const { outcomes, durable } = this.#relay.log.append(decoded, { source: this });
    await durable;
    const gap = outcomes.find((outcome) => outcome.type === 'gap');
    const last = decoded.at(-1)?.header;
    this.#answer(() => {
      if (gap !== undefined) {
        this.#send({ type: 'GAP', channel, document: gap.document, heads: gap.heads });
      } else if (last !== undefined) {
        this.#send({ type: 'ACK', channel, counter: last.counter, through: this.#told });
      }
    });
  }

  /** PUTs are answered in their order. */
  #answer(answer: () => void): void {
    if (this.#isSlow) this.#held.push(answer);
    else answer();
  }
}
