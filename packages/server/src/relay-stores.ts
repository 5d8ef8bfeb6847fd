/** What a relay keeps: its folders and their blobs, in a store and a blob store that it opens and closes. */
import type { Random } from '@evermesh/core/base';
import {
  type BlobStore,
  Compactor,
  type CompactorOptions,
  openStore,
  Retention,
  type Store,
} from '@evermesh/core/log';
import { FolderBlobs } from './folder-blobs.ts';
import { FolderQuota } from './folder-quota.ts';
import { FolderRegistry, type LogUpkeep } from './folder-registry.ts';

export interface RelayStores {
  readonly registry: FolderRegistry;
  readonly blobs: FolderBlobs;
  /** The next start may trust what is there. */
  close(): Promise<void>;
}

export type RelayUpkeep = CompactorOptions & {
  readonly keep: number;
  readonly syncEvery?: number | undefined;
};

/**
 * Opens the stores of a relay.
 * @param large where contents lie that are not small
 * @param folderBytes of a folder's records, and as many of its blobs. Default: what the disk has
 * @param upkeep how documents are compacted, for how many milliseconds their records are kept, and how many lie between two syncs at least; its runner is closed with the stores.
 * @throws STORE_LOCKED, STORE_CORRUPT, STORE_FAILED, FORMAT_TOO_NEW
 */
export async function openRelayStores(
  unopened: Store,
  large: BlobStore,
  random: Random,
  upkeep: RelayUpkeep,
  folderBytes?: number,
): Promise<RelayStores> {
  const store = await openStore(unopened);
  try {
    await large.open();
    const quota = folderBytes === undefined ? undefined : new FolderQuota(folderBytes);
    const registry = await FolderRegistry.open(store, random, upkeepOf(store, upkeep));
    return {
      registry,
      blobs: new FolderBlobs(store, registry.committer, large, quota),
      close: async () => {
        try {
          await registry.close();
          await large.close();
        } finally {
          await store.close();
        }
      },
    };
  } catch (error) {
    await store.close().catch(() => undefined);
    throw error;
  }
}

function upkeepOf(store: Store, options: RelayUpkeep): LogUpkeep {
  const compactor = new Compactor(options);
  const { clock, logger, keep, syncEvery } = options;
  return {
    clock,
    syncEvery,
    compactor,
    retention: (committer) => new Retention({ store, committer, compactor, clock, logger, keep }),
  };
}
