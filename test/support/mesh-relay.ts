/** A relay with stores of its own on disk, that comes back at the same address. */
import { cp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileBlobs } from '@evermesh/adapters/blob-files';
import { threadCompaction } from '@evermesh/adapters/compaction-thread';
import { levelStore } from '@evermesh/adapters/level';
import { type Store } from '@evermesh/core/log';
import { allowEveryone, openRelay, type Relay } from '@evermesh/server';

export class MeshRelay {
  url = '';
  #relay: Relay | undefined;
  readonly #directory: string;
  readonly #authorizer: Parameters<typeof openRelay>[0]['authorizer'];

  constructor(directory: string, authorizer: Parameters<typeof openRelay>[0]['authorizer'] = allowEveryone) {
    this.#directory = directory;
    this.#authorizer = authorizer;
  }

  async start(wrapped: (store: Store) => Store = (store) => store): Promise<void> {
    const port = this.url === '' ? 0 : Number(new URL(this.url).port);
    this.#relay = await openRelay({
      store: wrapped(levelStore(join(this.#directory, 'store'))),
      blobs: fileBlobs(join(this.#directory, 'blobs')),
      listen: { host: '127.0.0.1', port },
      authorizer: this.#authorizer,
      compaction: { runner: threadCompaction() },
    });
    this.url = this.#relay.url;
  }

  async stop(): Promise<void> {
    await this.#relay?.close();
  }

  /** Everything that the relay ever stored is gone. */
  async wipe(): Promise<void> {
    await this.stop();
    await rm(this.#directory, { recursive: true });
  }

  /** What it has stored, to be given to `restore`. It is not running. */
  async backUp(): Promise<string> {
    const copy = `${this.#directory}-backup`;
    await cp(this.#directory, copy, { recursive: true });
    return copy;
  }

  async restore(copy: string): Promise<void> {
    await this.wipe();
    await cp(copy, this.#directory, { recursive: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
