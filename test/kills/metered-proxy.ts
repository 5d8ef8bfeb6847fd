/**
 * Stands between one device and the relay, counts the bytes that pass in either direction, and acts between two of them: up to
 * a given byte everything is handed on, what follows never arrives.
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import type { Progress } from './progress.ts';

export class MeteredProxy implements Progress {
  readonly unit = 'bytes on the wire';
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** The relay's port; without one nobody is let through. */
  #target: number | undefined;
  #passed = 0;
  #point: { readonly at: number; readonly act: () => void } | undefined;

  static async open(): Promise<MeteredProxy> {
    const proxy = new MeteredProxy();
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  private constructor() {
    this.#server = createServer({ noDelay: true }, (near) => this.#connected(near));
  }

  get url(): string {
    return `ws://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get now(): number {
    return this.#passed;
  }

  at(point: number, act: () => void): () => void {
    const armed = { at: Math.max(point, this.#passed + 1), act };
    this.#point = armed;
    return () => {
      if (this.#point === armed) this.#point = undefined;
    };
  }

  letThroughTo(url: string): void {
    this.#target = Number(new URL(url).port);
  }

  /** Cuts every connection, and lets none through until there is a target again. */
  cut(): void {
    this.#target = undefined;
    for (const socket of this.#sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #connected(near: Socket): void {
    if (this.#target === undefined) {
      near.destroy();
      return;
    }
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
    this.#handOn(near, far);
    this.#handOn(far, near);
  }

  #handOn(from: Socket, to: Socket): void {
    from.on('data', (chunk: Buffer) => {
      const point = this.#point;
      if (point === undefined || this.#passed + chunk.length < point.at) {
        this.#passed += chunk.length;
        if (!to.write(chunk)) from.pause();
        return;
      }
      to.write(chunk.subarray(0, point.at - this.#passed));
      this.#passed = point.at;
      this.#point = undefined;
      point.act();
      // The rest of the chunk is what was on its way.
      from.destroy();
    });
    to.on('drain', () => from.resume());
  }
}
