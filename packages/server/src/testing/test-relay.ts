/** A relay of a test, with stores in a temporary directory, that can be closed, opened again, or lose its power. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileBlobs } from '@evermesh/adapters/blob-files';
import { levelStore } from '@evermesh/adapters/level';
import { inlineCompaction, type Store } from '@evermesh/core/log';
import { allowEveryone } from '../authorizer.ts';
import { AT_ONCE, counting } from './counting-codec.ts';
import { openRelay, type Relay, type RelayOptions } from '../open-relay.ts';

export class TestRelay implements AsyncDisposable {
  readonly directory: string;
  readonly #options: Partial<RelayOptions>;
  #relay: Relay | undefined;
  disk!: Disk;

  static async open(options: Partial<RelayOptions> = {}): Promise<TestRelay> {
    const relay = new TestRelay(await mkdtemp(join(tmpdir(), 'evermesh-relay-')), options);
    await relay.start();
    return relay;
  }

  private constructor(directory: string, options: Partial<RelayOptions>) {
    this.directory = directory;
    this.#options = options;
  }

  get url(): string {
    return this.running.url;
  }

  get http(): string {
    return this.url.replace(/^ws/, 'http');
  }

  /** The relay itself. */
  get running(): Relay {
    if (this.#relay === undefined) throw new Error('The relay is not open.');
    return this.#relay;
  }

  async start(): Promise<void> {
    this.disk = new Disk(levelStore(join(this.directory, 'store')));
    this.#relay = await openRelay({
      store: this.disk,
      blobs: fileBlobs(join(this.directory, 'blobs')),
      listen: { host: '127.0.0.1', port: 0 },
      authorizer: allowEveryone,
      compaction: { runner: inlineCompaction(counting, AT_ONCE) },
      ...this.#options,
    });
  }

  async stop(): Promise<void> {
    await this.#relay?.close();
    this.#relay = undefined;
  }

  /** From now on nothing is written any more, and the relay does not know. */
  async losePower(): Promise<void> {
    this.disk.isDead = true;
    await this.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.disk.release();
    await this.stop();
    await rm(this.directory, { recursive: true, force: true });
  }
}

/** A store whose batches can be held back, refused, or lost. */
export class Disk implements Store {
  isDead = false;
  /** Synced batches that were written. */
  batches = 0;
  failure: Error | undefined;
  readFailure: Error | undefined;
  readonly #store: Store;
  #held: (() => void)[] | undefined;
  #reached: () => void = () => {};

  constructor(store: Store) {
    this.#store = store;
  }

  /** Holds batches back from now on. The promise resolves when one arrives. */
  hold(): Promise<void> {
    this.#held = [];
    return new Promise((resolve) => {
      this.#reached = resolve;
    });
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const resolve of held) resolve();
  }

  async batch(...[operations, options]: Parameters<Store['batch']>): Promise<void> {
    const held = this.#held;
    if (held !== undefined) {
      await new Promise<void>((resolve) => {
        held.push(resolve);
        this.#reached();
      });
    }
    if (this.failure !== undefined) throw this.failure;
    if (this.isDead) return;
    await this.#store.batch(operations, options);
    if (options.sync) this.batches += 1;
  }

  open(): Promise<void> {
    return this.#store.open();
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  get(key: string): Promise<Uint8Array | undefined> {
    return this.#store.get(key);
  }

  iterator(...range: Parameters<Store['iterator']>): ReturnType<Store['iterator']> {
    if (this.readFailure !== undefined) throw this.readFailure;
    return this.#store.iterator(...range);
  }
}
