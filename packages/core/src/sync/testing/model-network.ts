/** A wire on which nothing moves by itself: whoever holds it lets one frame pass, or cuts a connection, at a time. */
import { type BlobName } from '../../base/index.ts';
import { EvermeshError } from '../../errors/index.ts';
import type { Connection, ConnectionEvents, RemoteBlobs, Transport } from '../transport.ts';
import type { ModelRelay, RelayConnection } from './model-relay.ts';

export class Wire {
  readonly toRelay: Uint8Array[] = [];
  readonly toDevice: Uint8Array[] = [];
  readonly #events: ConnectionEvents;
  readonly relay: RelayConnection;
  isOpen = true;

  constructor(events: ConnectionEvents, relay: ModelRelay) {
    this.#events = events;
    this.relay = relay.accept((frame) => {
      if (this.isOpen) this.toDevice.push(frame);
    });
  }

  get waiting(): number {
    return this.toRelay.length + this.toDevice.length;
  }

  get isQuiet(): boolean {
    return !this.isOpen || (this.waiting === 0 && !this.relay.isBusy);
  }

  /** Lets the oldest frame of one direction arrive. */
  pass(direction: 'toRelay' | 'toDevice'): void {
    const frame = this[direction].shift();
    if (frame === undefined) return;
    if (direction === 'toRelay') this.relay.receive(frame);
    else this.#events.frame(frame);
  }

  /** The connection breaks, with everything that is on its way. */
  cut(): void {
    this.#end(new EvermeshError('LINK_UNREACHABLE', 'The wire was cut.'));
  }

  close(): void {
    this.#end(undefined);
  }

  #end(why: EvermeshError | undefined): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.toRelay.length = 0;
    this.toDevice.length = 0;
    this.relay.close();
    this.#events.closed(why);
  }
}

export class ModelTransport implements Transport {
  readonly address: string;
  readonly token: string = '';
  readonly #relay: () => ModelRelay;
  /** The present connection, or the last one. */
  wire: Wire | undefined;

  constructor(address: string, relay: () => ModelRelay) {
    this.address = address;
    this.#relay = relay;
  }

  connect(events: ConnectionEvents): Connection {
    const wire = new Wire(events, this.#relay());
    this.wire = wire;
    queueMicrotask(() => {
      if (wire.isOpen) events.opened();
    });
    return {
      send: (frame) => {
        if (wire.isOpen) wire.toRelay.push(frame);
      },
      buffered: 0,
      close: () => wire.close(),
    };
  }

  readonly blobs: RemoteBlobs = {
    has: () => Promise.resolve(true),
    get: (_folder, name: BlobName) => {
      throw new EvermeshError('BLOB_NOT_FOUND', `The model has no blobs, so not ${name} either.`);
    },
    put: () => Promise.resolve(),
    async *getMany() {},
    putMany: () => Promise.resolve(),
    lacking: () => Promise.resolve([]),
  };
}
