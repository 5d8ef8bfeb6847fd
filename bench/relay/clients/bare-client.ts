/** The least that a relay can be: what one client sends is handed to the others of its room, and nothing is kept. */
import { Reader, Writer } from '@evermesh/core/protocol';
import type { WebSocket } from 'ws';
import type { ClientOptions, ConnectClient, RelayClient, Typed } from '../client.ts';
import { closeSockets, eachOf, openSocket } from '../sockets.ts';

/** One socket for all documents of a client. */
export const bareClient: ConnectClient = (options) => new BareClient(options, () => 'all');

/** A socket for each document. */
export const bareClientOfEach: ConnectClient = (options) => new BareClient(options, String);

class BareClient implements RelayClient {
  readonly #options: ClientOptions;
  readonly #roomOf: (document: number) => string;
  readonly #sockets = new Map<string, WebSocket>();

  constructor(options: ClientOptions, roomOf: (document: number) => string) {
    this.#options = options;
    this.#roomOf = options.apart ? String : roomOf;
  }

  async open(documents: readonly number[]): Promise<void> {
    const rooms = [...new Set(documents.map(this.#roomOf))].filter((room) => !this.#sockets.has(room));
    await eachOf(rooms, async (room) => {
      this.#sockets.set(room, await openSocket(this.#options.port, room, (bytes) => this.#received(bytes)));
    });
  }

  type(document: number, { update, through }: Typed): void {
    const bytes = new Writer().uint(document).uint(through).raw(update).finish();
    this.#sockets.get(this.#roomOf(document))?.send(bytes);
  }

  async close(): Promise<void> {
    const sockets = [...this.#sockets.values()];
    this.#sockets.clear();
    await closeSockets(sockets);
  }

  #received(bytes: Uint8Array): void {
    const reader = new Reader(bytes);
    const [document, through] = [reader.uint(), reader.uint()];
    this.#options.arrived?.(document, through);
    this.#options.received?.(document, reader.raw(reader.left));
  }
}
