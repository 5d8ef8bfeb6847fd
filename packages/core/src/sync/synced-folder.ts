/**
 * What a link needs of a folder: its log, its debts, and how to read contents. Records that a link appends reach the model
 * through the log's `appended`; a link knows nothing of documents' content.
 */
import type { AuthorId, DeviceId, DocumentId, FolderId, Listeners } from '../base/index.ts';
import type { Committer, Contents, Debts, FolderLog, PeerName, Store } from '../log/index.ts';

/** What is said of who is where in a document: opaque, lossy, never stored. */
export interface DocumentState {
  readonly document: DocumentId;
  readonly state: Uint8Array;
}

/** Who is where in the documents that are open here. */
export interface SharedPresence {
  /** To be told to everybody who is there to hear it. */
  readonly told: Listeners<DocumentState>;
  /** What somebody has to know who comes new. */
  states(): Iterable<DocumentState>;
  /** A peer told of somebody. Whatever it is, it harms nobody. */
  heard(said: DocumentState): void;
}

/** What of a folder's bodies somebody waits for, and who could bring them. */
export interface SharedBodies {
  isUrgent(document: DocumentId): boolean;
  /** This peer can be asked from now on, until what is returned is called. */
  entered(peer: PeerName): () => void;
}

export interface SyncedFolder {
  readonly id: FolderId;
  readonly device: DeviceId;
  /** Who writes here: the device in this run. */
  readonly author: AuthorId;
  readonly store: Store;
  readonly committer: Committer;
  readonly log: FolderLog;
  readonly debts: Debts;
  readonly contents: Contents;
  readonly presence: SharedPresence;
  /** Whether it is a file's that was removed: nobody waits until what is only here of it has room elsewhere. */
  isGone(document: DocumentId): boolean;
  readonly bodies: SharedBodies;
  /** Whether a state may be fetched in place of the records that it stands for. */
  readonly takesStates: boolean;
  /**
   * Whether this is a document's state.
   * @throws UPDATE_MALFORMED
   */
  checkState(body: Uint8Array): void;
}
