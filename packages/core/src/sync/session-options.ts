/** What a session of one folder on one socket is begun with. */
import type { AuthorId, DeviceId, DocumentId, FolderId } from '../base/index.ts';
import type { Debts, FolderLog, PeerName, PeerProgress } from '../log/index.ts';

export interface SessionOptions {
  readonly folder: FolderId;
  readonly device: DeviceId;
  readonly author: AuthorId;
  readonly takesStates: boolean;
  readonly checkState: (body: Uint8Array) => void;
  /** Whether somebody waits for a document: it is asked for before others. */
  readonly isUrgent: (document: DocumentId) => boolean;
  readonly channel: number;
  readonly peer: PeerName;
  readonly log: Pick<
    FolderLog,
    'assignedHeads' | 'lastCounter' | 'documents' | 'document' | 'position' | 'isWriting'
  >;
  readonly debts: Debts;
  readonly progress: PeerProgress | undefined;
  /** The longest frame that the peer takes, in bytes. */
  readonly frameBytes: number;
}
