/**
 * Stands between a device and its relay (or between two devices of a peer) on loopback, hands every byte on, and
 * counts them. What it counts is payload of TCP: heads of IP and TCP are not in it, those of WebSocket frames are.
 */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { setTimeout as passed } from 'node:timers/promises';
import { LoopbackProxy } from '../test/support/loopback-proxy.ts';
import { FrameCounter } from './frame-counter.ts';

export interface WireCount {
  readonly bytes: number;
  /** Of `bytes`, what opened WebSockets: the HTTP request with its token, and the response. */
  readonly upgradeBytes: number;
  readonly dataFrames: number;
  readonly controlFrames: number;
}

export class CountingProxy {
  readonly #frames: boolean;
  readonly #counters: FrameCounter[] = [];
  #proxy!: LoopbackProxy;
  #bytes = 0;
  #lastByteAt = performance.now();

  /** @param options.target a port on loopback. `frames` is false for what is no WebSocket. */
  static async open(options: { target: number; frames: boolean }): Promise<CountingProxy> {
    const counting = new CountingProxy(options.frames);
    counting.#proxy = await LoopbackProxy.open((from, to) => counting.#handOn(from, to));
    counting.#proxy.target = options.target;
    return counting;
  }

  private constructor(frames: boolean) {
    this.#frames = frames;
  }

  get port(): number {
    return this.#proxy.port;
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

  close(): Promise<void> {
    return this.#proxy.close();
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
