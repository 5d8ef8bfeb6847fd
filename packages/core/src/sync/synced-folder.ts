/**
 * What a link needs of a folder: its log, its debts, and how to read blobs. Records that a link appends reach the model
 * through the log's `appended`; a link knows nothing of documents' content.
 */
import type { DeviceId, FolderId } from '../base/index.ts';
import type { BlobStore, Committer, Debts, FolderLog, Store } from '../log/index.ts';

export interface SyncedFolder {
  readonly id: FolderId;
  readonly device: DeviceId;
  readonly store: Store;
  readonly committer: Committer;
  readonly log: FolderLog;
  readonly debts: Debts;
  readonly blobs: BlobStore;
}
