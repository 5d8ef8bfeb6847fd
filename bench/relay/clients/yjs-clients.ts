/**
 * Clients of relays that speak the sync protocol of Yjs, without documents of their own: only what they hold of each is known,
 * which is what a state vector says. Everything typed has one author, whose characters are numbered.
 */
import { Reader, Writer } from '@evermesh/core/protocol';
import * as Y from 'yjs';
import type { WebSocket } from 'ws';
import type { ClientOptions, ConnectClient, RelayClient, Typed } from '../client.ts';
import { closeSockets, eachOf, openSocket } from '../sockets.ts';

/** Of y-protocols. */
const SYNC = 0;
const STEP_1 = 0;
const STEP_2 = 1;
const UPDATE = 2;
/** Of Hocuspocus: an answer to step 1, and what comes before everything else. */
const SYNC_REPLY = 4;
const AUTH = 2;
const TOKEN = 0;
/** The update of nothing. */
const NOTHING = Uint8Array.of(0, 0);

/** As `y-websocket` speaks: a socket for each document. */
export const yWebsocketClient: ConnectClient = (options) => new YjsClient(options, false);

/** As `@hocuspocus/provider` speaks: one socket, and every message names its document. */
export const hocuspocusClient: ConnectClient = (options) => new YjsClient(options, true);

interface Held {
  author: number;
  through: number;
}

class YjsClient implements RelayClient {
  readonly #options: ClientOptions;
  readonly #isShared: boolean;
  readonly #sockets = new Map<number, WebSocket>();
  readonly #held = new Map<number, Held>();
  /** Who waits for the answer to step 1. */
  readonly #waiting = new Map<number, () => void>();
  #shared: Promise<WebSocket> | undefined;

  constructor(options: ClientOptions, isShared: boolean) {
    this.#options = options;
    this.#isShared = isShared;
  }

  async open(documents: readonly number[]): Promise<void> {
    await eachOf(documents, async (document) => {
      const socket = await this.#socketFor(document);
      this.#sockets.set(document, socket);
      const answered = new Promise<void>((resolve) => this.#waiting.set(document, resolve));
      if (this.#isShared) socket.send(nameOf(document).uint(AUTH).uint(TOKEN).text('').finish());
      const { author, through } = this.#held.get(document) ?? { author: 0, through: 0 };
      const vector = new Writer().uint(through === 0 ? 0 : 1);
      if (through > 0) vector.uint(author).uint(through);
      this.#send(document, STEP_1, vector.finish());
      await answered;
    });
  }

  type(document: number, { update }: Typed): void {
    this.#hold(document, update);
    this.#send(document, UPDATE, update);
  }

  async close(): Promise<void> {
    const sockets = [...new Set(this.#sockets.values())];
    this.#sockets.clear();
    this.#shared = undefined;
    await closeSockets(sockets);
  }

  #socketFor(document: number): Promise<WebSocket> {
    const { port } = this.#options;
    if (!this.#isShared)
      return openSocket(port, String(document), (bytes) => this.#received(document, new Reader(bytes)));
    this.#shared ??= openSocket(port, '', (bytes) => {
      const reader = new Reader(bytes);
      this.#received(Number(reader.text(64)), reader);
    });
    return this.#shared;
  }

  #send(document: number, step: number, bytes: Uint8Array): void {
    const writer = this.#isShared ? nameOf(document) : new Writer();
    this.#sockets.get(document)?.send(writer.uint(SYNC).uint(step).bytes(bytes).finish());
  }

  #received(document: number, reader: Reader): void {
    const type = reader.uint();
    if (type !== SYNC && (!this.#isShared || type !== SYNC_REPLY)) return;
    const step = reader.uint();
    const bytes = reader.bytes(reader.left);
    if (step === STEP_1) return this.#send(document, STEP_2, NOTHING);
    const through = this.#hold(document, bytes);
    this.#options.received?.(document, bytes);
    if (through > 0) this.#options.arrived?.(document, through);
    if (step !== STEP_2) return;
    this.#waiting.get(document)?.();
    this.#waiting.delete(document);
  }

  /** How much is held of the document with this update. */
  #hold(document: number, update: Uint8Array): number {
    const [last] = [...Y.parseUpdateMeta(update).to];
    const held = this.#held.get(document);
    if (last === undefined) return 0;
    const [author, through] = last;
    if (held === undefined) this.#held.set(document, { author, through });
    else held.through = Math.max(held.through, through);
    return through;
  }
}

const nameOf = (document: number): Writer => new Writer().text(String(document));
