/** A relay, and devices that reach it under an address that stays the same in every run. */
import { memoryBlobs, memoryStore } from '@evermesh/adapters/memory';
import { webSocketTransport } from '@evermesh/adapters/web-socket';
import {
  type BlobStore,
  type Folder,
  type FolderId,
  type Link,
  openReplica,
  type Random,
  type Replica,
  type Store,
  type Transport,
} from '@evermesh/core';
import { inlineCompaction } from '@evermesh/core/log';
import { documentCodec } from '@evermesh/core/model';
import { allowEveryone, openRelay, type Relay } from '@evermesh/server';
import { seeded, steppingClock } from './told-by-seed.ts';

export const ADDRESS = 'wss://relay.example/';

export class CastRelay {
  readonly store: Store;
  readonly blobs: BlobStore;
  #relay: Relay | undefined;

  constructor(store: Store = memoryStore(), blobs: BlobStore = memoryBlobs()) {
    this.store = store;
    this.blobs = blobs;
  }

  /** @param later milliseconds by which its clock is ahead of that of its first start */
  async start(later = 0): Promise<void> {
    this.#relay = await openRelay({
      store: this.store,
      blobs: this.blobs,
      listen: { host: '127.0.0.1', port: 0 },
      authorizer: allowEveryone,
      compaction: { runner: inlineCompaction(documentCodec, steppingClock()) },
      random: seeded('relay'),
      clock: steppingClock(later),
    });
  }

  async stop(): Promise<void> {
    await this.#relay?.close();
    this.#relay = undefined;
  }

  get transport(): Transport {
    if (this.#relay === undefined) throw new Error('The relay does not run.');
    return { ...webSocketTransport(this.#relay.url), address: ADDRESS };
  }
}

export class CastDevice {
  readonly name: string;
  readonly store: Store;
  readonly blobs: BlobStore;
  readonly random: Random;
  readonly clock: ReturnType<typeof steppingClock>;
  #replica: Replica | undefined;

  constructor(name: string, store: Store = memoryStore(), blobs: BlobStore = memoryBlobs()) {
    this.name = name;
    this.store = store;
    this.blobs = blobs;
    this.random = seeded(name);
    this.clock = steppingClock();
  }

  async open(): Promise<Replica> {
    const { store, blobs, random, clock, name } = this;
    this.#replica ??= await openReplica({ store, blobs, random, clock, deviceName: name });
    return this.#replica;
  }

  /** Joined if it is not there. */
  async folder(id: FolderId): Promise<Folder> {
    return (await this.open()).joinFolder(id);
  }

  /** A link of its own making, which the caller closes. */
  async connect(transport: Transport): Promise<Link> {
    return (await this.open()).connect(transport);
  }

  /** Meets the relay, and leaves it again when both hold the same. */
  async meet(relay: CastRelay): Promise<void> {
    const link = await this.connect(relay.transport);
    await link.whenSynced();
    await link.close();
  }

  async close(): Promise<void> {
    await this.#replica?.close();
    this.#replica = undefined;
  }
}
