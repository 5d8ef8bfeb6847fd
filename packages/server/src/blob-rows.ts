/** Which blobs were put under which folder: a blob is served under no other, whoever knows its name. */
import type { BlobName, FolderId } from '@evermesh/core/base';
import { areaPrefix, type Committer, type Store } from '@evermesh/core/log';

export class BlobRows {
  readonly #store: Store;
  readonly #committer: Committer;

  constructor(store: Store, committer: Committer) {
    this.#store = store;
    this.#committer = committer;
  }

  async has(folder: FolderId, name: BlobName): Promise<boolean> {
    return (await this.#store.get(keyOf(folder, name))) !== undefined;
  }

  /** Durable when it resolves. */
  async add(folder: FolderId, name: BlobName): Promise<void> {
    if (await this.has(folder, name)) return;
    await this.#committer.commit([{ type: 'put', key: keyOf(folder, name), value: new Uint8Array(0) }]);
  }
}

const keyOf = (folder: FolderId, name: BlobName): string => areaPrefix(folder, 'blob') + name;
