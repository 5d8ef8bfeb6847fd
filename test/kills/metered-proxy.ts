/**
 * Stands between one device and the relay, counts the bytes that pass in either direction, and acts between two of them: up to
 * a given byte everything is handed on, what follows never arrives.
 */
import type { Socket } from 'node:net';
import { LoopbackProxy } from '../support/loopback-proxy.ts';
import type { Progress } from './progress.ts';

export class MeteredProxy implements Progress {
  readonly unit = 'bytes on the wire';
  #proxy!: LoopbackProxy;
  #passed = 0;
  #point: { readonly at: number; readonly act: () => void } | undefined;

  static async open(): Promise<MeteredProxy> {
    const metered = new MeteredProxy();
    metered.#proxy = await LoopbackProxy.open((from, to) => metered.#handOn(from, to));
    return metered;
  }

  get url(): string {
    return `ws://127.0.0.1:${this.#proxy.port}`;
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
    this.#proxy.target = Number(new URL(url).port);
  }

  /** Cuts every connection, and lets none through until there is a target again. */
  cut(): void {
    this.#proxy.target = undefined;
    this.#proxy.cut();
  }

  close(): Promise<void> {
    return this.#proxy.close();
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
