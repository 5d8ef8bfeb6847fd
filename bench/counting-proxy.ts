/**
 * Stands between a device and its relay (or between two devices of a peer) on loopback, hands every byte on, and
 * counts them. What it counts is payload of TCP: heads of IP and TCP are not in it, those of WebSocket frames are.
 */
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { setTimeout as passed } from 'node:timers/promises';
import { FrameCounter } from './frame-counter.ts';

export interface WireCount {
  readonly bytes: number;
  /** Of `bytes`, what opened WebSockets: the HTTP request with its token, and the response. */
  readonly upgradeBytes: number;
  readonly dataFrames: number;
  readonly controlFrames: number;
}

export class CountingProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #counters: FrameCounter[] = [];
  readonly #frames: boolean;
  #target: number;
  #bytes = 0;
  #lastByteAt = performance.now();

  /** @param options.target a port on loopback. `frames` is false for what is no WebSocket. */
  static async open(options: { target: number; frames: boolean }): Promise<CountingProxy> {
    const proxy = new CountingProxy(options);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  private constructor({ target, frames }: { target: number; frames: boolean }) {
    this.#target = target;
    this.#frames = frames;
    this.#server = createServer({ noDelay: true }, (near) => this.#connected(near));
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Since the proxy was opened. */
  get count(): WireCount {
    const total = { bytes: this.#bytes, upgradeBytes: 0, dataFrames: 0, controlFrames: 0 };
    for (const counter of this.#counters) {
      total.upgradeBytes += counter.upgradeBytes;
      total.dataFrames += counter.dataFrames;
      total.controlFrames += counter.controlFrames;
    }
    return total;
  }

  /** Resolves when nothing has passed for so long: what was going on has ended. */
  async quiet(milliseconds: number): Promise<void> {
    for (;;) {
      const left = this.#lastByteAt + milliseconds - performance.now();
      if (left <= 0) return;
      await passed(left);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #connected(near: Socket): void {
    // Nothing is read before the target answers, so bytes sent to a relay that is away do not count.
    near.pause();
    const far = connect({ port: this.#target, host: '127.0.0.1', noDelay: true });
    const end = (): void => {
      near.destroy();
      far.destroy();
      this.#sockets.delete(near);
      this.#sockets.delete(far);
    };
    for (const socket of [near, far]) {
      this.#sockets.add(socket);
      socket.on('error', end);
      socket.on('close', end);
    }
    far.on('connect', () => {
      this.#handOn(near, far);
      this.#handOn(far, near);
    });
  }

  #handOn(from: Socket, to: Socket): void {
    const counter = new FrameCounter();
    if (this.#frames) this.#counters.push(counter);
    from.on('data', (chunk: Buffer) => {
      this.#bytes += chunk.length;
      this.#lastByteAt = performance.now();
      if (this.#frames) counter.add(chunk);
    });
    from.pipe(to);
  }
}

export function since(before: WireCount, now: WireCount): WireCount {
  return {
    bytes: now.bytes - before.bytes,
    upgradeBytes: now.upgradeBytes - before.upgradeBytes,
    dataFrames: now.dataFrames - before.dataFrames,
    controlFrames: now.controlFrames - before.controlFrames,
  };
}

/** A port on loopback that was free a moment ago, for programs that cannot take port 0 and say which they got. */
export async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
