/** Stands between two programs on loopback, with real sockets, and lets a fault have its way with what they say. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { type Line, sound, type Spoil, type WireFault } from './wire-faults.ts';

export interface WireFaults {
  /** From who connects to the target. Default: as it came. */
  readonly there?: WireFault;
  /** From the target back. Default: as it came. */
  readonly back?: WireFault;
}

interface Ends {
  readonly near: Socket;
  readonly far: Socket;
}

export class FaultyWire implements AsyncDisposable {
  /** Where it leads on this computer; may be another port later. */
  target: number;
  /** Connections that were made, also those that are over. */
  connections = 0;
  /** Bytes that came from either side. */
  bytes = 0;
  readonly #server: Server;
  readonly #open = new Set<Ends>();
  #faults: WireFaults = {};

  /** @param target a port on loopback */
  static async open(target: number): Promise<FaultyWire> {
    const wire = new FaultyWire(target);
    wire.#server.listen(0, '127.0.0.1');
    await once(wire.#server, 'listening');
    return wire;
  }

  private constructor(target: number) {
    this.target = target;
    this.#server = createServer({ noDelay: true, allowHalfOpen: true }, (near) => this.#connected(near));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** What becomes of what is said on connections that are made from now on. */
  set faults(faults: WireFaults) {
    this.#faults = faults;
  }

  /** Breaks every connection. */
  cut(): void {
    for (const { near, far } of this.#open) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #connected(near: Socket): void {
    this.connections += 1;
    const far = connect({ port: this.target, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    const ends = { near, far };
    this.#open.add(ends);
    const { there = sound, back = sound } = this.#faults;
    const passing = Promise.all([this.#pass(ends, near, far, there()), this.#pass(ends, far, near, back())]);
    // A program that breaks off says so in its own way; here it is nobody's trouble.
    for (const socket of [near, far]) socket.on('error', () => socket.destroy());
    void passing.finally(() => this.#open.delete(ends));
  }

  /** No faster than who is to read it takes it. */
  async #pass({ near, far }: Ends, from: Socket, to: Socket, spoil: Spoil): Promise<void> {
    const line: Line = {
      reset: () => {
        near.resetAndDestroy();
        far.resetAndDestroy();
      },
      end: () => to.end(),
    };
    try {
      // At its end, what it says itself may still have to leave.
      for await (const piece of from.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
        this.bytes += piece.byteLength;
        for await (const part of spoil(piece, line)) {
          if (!to.writable) break;
          if (!to.write(part)) await Promise.race([once(to, 'drain'), once(to, 'close')]);
        }
      }
      to.end();
    } catch {
      to.destroy();
    }
  }
}
