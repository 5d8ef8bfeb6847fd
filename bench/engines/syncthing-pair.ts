/**
 * Two Syncthing instances on loopback, told of each other by hand: no discovery, no relays, no traffic beyond this
 * machine. The right one waits before the left one starts, so that the first dial succeeds.
 */
import { join } from 'node:path';
import { setTimeout as passed } from 'node:timers/promises';
import { CountingProxy } from '../counting-proxy.ts';
import type { LivePair } from './pair.ts';
import { SyncthingInstance } from './syncthing-instance.ts';

/** Between looks at whether an instance answers yet; only before anything is measured. */
const START_MS = 50;

export interface SyncthingPairOptions {
  readonly home: string;
  readonly left: string;
  readonly right: string;
  readonly files: number;
}

export class SyncthingPair implements LivePair {
  readonly engine = 'syncthing';
  readonly left: string;
  readonly right: string;
  readonly ownNames = ['.stfolder'];
  readonly wire: CountingProxy;
  readonly #near: SyncthingInstance;
  readonly #far: SyncthingInstance;
  readonly #files: number;
  readonly #listeners = new Set<() => void>();

  static async open({ home, left, right, files }: SyncthingPairOptions): Promise<SyncthingPair> {
    const near = await SyncthingInstance.create(join(home, 'left'));
    const far = await SyncthingInstance.create(join(home, 'right'));
    const wire = await CountingProxy.open({ target: far.port, frames: false });
    const devices = [
      { id: near.id, address: 'dynamic' },
      { id: far.id, address: `tcp://127.0.0.1:${wire.port}` },
    ];
    await near.configure(left, devices);
    await far.configure(right, devices);
    far.start();
    await Promise.race([far.answers(START_MS), far.rejectsWhenEnded()]);
    return new SyncthingPair({ left, right, files, near, far, wire });
  }

  private constructor(parts: {
    left: string;
    right: string;
    files: number;
    near: SyncthingInstance;
    far: SyncthingInstance;
    wire: CountingProxy;
  }) {
    this.left = parts.left;
    this.right = parts.right;
    this.wire = parts.wire;
    this.#near = parts.near;
    this.#far = parts.far;
    this.#files = parts.files;
  }

  async firstSync(): Promise<void> {
    this.#near.start();
    await this.whileAlive(this.#far.eventsUntil(() => this.#far.holds(this.#files)));
    // From here on each event is handed to whoever waits for a change.
    void this.#follow();
  }

  processes(): ReadonlyMap<string, number> {
    return new Map([
      ['sender', this.#near.pid],
      ['receiver', this.#far.pid],
    ]);
  }

  whileAlive<Value>(promise: Promise<Value>): Promise<Value> {
    return Promise.race([promise, this.#near.rejectsWhenEnded(), this.#far.rejectsWhenEnded()]);
  }

  onActivity(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** How long changes are collected before they are looked at; Syncthing's default is 10 seconds. */
  async setWatcherDelay(seconds: number): Promise<void> {
    for (const instance of [this.#near, this.#far]) {
      await instance.setWatcherDelay(seconds);
    }
    // The folders start again and scan; the watch is set up after that.
    await passed(3000);
    await this.wire.quiet(2000);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#near.stop(), this.#far.stop()]);
    await this.wire.close();
  }

  async #follow(): Promise<void> {
    await this.#far
      .eventsUntil(() => {
        for (const listener of this.#listeners) listener();
        return Promise.resolve(false);
      })
      // The instance was stopped: there is nothing left to follow.
      .catch(() => {});
  }
}
