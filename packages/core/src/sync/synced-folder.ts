/**
 * What a link needs of a folder: its log, its debts, and how to read blobs. Records that a link appends reach the model
 * through the log's `appended`; a link knows nothing of documents' content.
 */
import type { AuthorId, DeviceId, FolderId } from '../base/index.ts';
import type { BlobStore, Committer, Debts, FolderLog, Store } from '../log/index.ts';

export interface SyncedFolder {
  readonly id: FolderId;
  readonly device: DeviceId;
  /** Who writes here: the device in this run. */
  readonly author: AuthorId;
  readonly store: Store;
  readonly committer: Committer;
  readonly log: FolderLog;
  readonly debts: Debts;
  readonly blobs: BlobStore;
  /** Whether a state may be fetched in place of the records that it stands for. */
  readonly takesStates: boolean;
  /**
   * Whether this is a document's state.
   * @throws UPDATE_MALFORMED
   */
  checkState(body: Uint8Array): void;
}
