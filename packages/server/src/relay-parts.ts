/** What everything in a relay is handed: its folders, its blobs, and the world. */
import type { Clock, Logger } from '@evermesh/core/base';
import type { BlobStore } from '@evermesh/core/log';
import type { Authorizer } from './authorizer.ts';
import type { BlobRows } from './blob-rows.ts';
import type { FolderRegistry } from './folder-registry.ts';

export interface RelayParts {
  readonly registry: FolderRegistry;
  readonly blobs: BlobStore;
  readonly blobRows: BlobRows;
  readonly authorizer: Authorizer;
  readonly clock: Clock;
  readonly logger: Logger;
}
