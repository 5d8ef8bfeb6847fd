/** What a replica is opened with. */
import type { Clock, FolderId, Logger, Random } from '../base/index.ts';
import type { BodyPolicy } from '../folder/index.ts';
import type { BlobStore, CompactionPolicy, CompactionRunner, HistoryPolicy, Store } from '../log/index.ts';

export interface ReplicaOptions {
  /** An adapter's store, for instance `levelStore(directory)`. The replica opens and closes it. */
  readonly store: Store;
  /**
   * Where contents lie that are not text and have more than 64 KiB, above 256 KiB in packs of chunks; the replica opens and closes it. Smaller ones lie in the
   * store. Default: all lie in the store, which suits browsers, where large ones are few.
   */
  readonly blobs?: BlobStore | undefined;
  /** What people see of this device. Kept; default: what was kept, or `device`. */
  readonly deviceName?: string | undefined;
  /**
   * Where documents are compacted, and when. The replica closes what is given. Default: in this thread, a millisecond or two at a
   * time, once a document has 100 records that its state does not stand for, and four times the state's bytes of them.
   */
  readonly compaction?:
    | { readonly runner?: CompactionRunner | undefined; readonly policy?: CompactionPolicy | undefined }
    | undefined;
  /**
   * Which contents of a folder's files are fetched by themselves. What is not, is listed, and fetched when it is read. It may be another at
   * each opening: nothing goes that is here. A directory that no folder can have fails the opening with PATH_INVALID. Default: `all`, which a
   * mirror of the folder needs.
   */
  readonly bodies?: ((folder: FolderId) => BodyPolicy) | undefined;
  /**
   * How much of what files were is kept. Default: every version for a day, one a day for 30 days, one in 30 days for a year; nothing goes that
   * no relay has, where there is one.
   */
  readonly history?: HistoryPolicy | 'everything' | undefined;
  /**
   * Bytes of a folder's records that a relay may send before they are durable here, and one message more; less where there is little memory.
   * At least 1. Default: 8 MiB.
   */
  readonly receiveBytes?: number | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly logger?: Logger | undefined;
}
