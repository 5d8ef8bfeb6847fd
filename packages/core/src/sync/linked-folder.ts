/** What a link says of one of its folders. */
import type { DocumentId, FolderId } from '../base/index.ts';
import type { EvermeshError } from '../errors/index.ts';
import type { PeerName } from '../log/index.ts';
import type { FolderDriver } from './folder-driver.ts';
import { refusalError } from './link-errors.ts';
import type { SessionState } from './session-effects.ts';
import type { SyncedFolder } from './synced-folder.ts';

export interface LinkedFolder {
  readonly id: FolderId;
  /** `waiting`: there is no connection. */
  readonly state: SessionState | 'waiting';
  /** Why the peer does not take the folder, or what this device has to send of it. */
  readonly error: EvermeshError | undefined;
  /** Everything is there, and everything of there is here that is wanted here. */
  readonly isSynced: boolean;
  /**
   * All that is missing is what the peer could not give, or has no room for: documents, blobs, or what is withheld. Blobs and what is withheld
   * are tried again from time to time, documents with the next connection.
   */
  readonly isStalled: boolean;
  /** Documents, and blobs, that are known and on their way. */
  readonly owedDocuments: number;
  readonly wantedBlobs: number;
  /** Those that are known and stay where they are until somebody asks for them, as `ReplicaOptions.bodies` has it. */
  readonly leftDocuments: number;
  readonly leftBlobs: number;
  /** Documents of which something stays here until the peer has room; `withheldFor` says why it has none. */
  readonly withheld: readonly DocumentId[];
  readonly withheldFor: EvermeshError | undefined;
}

/** `driver`: absent while there is no connection. */
export function linkedFolder(
  { id, debts }: SyncedFolder,
  driver: FolderDriver | undefined,
  peer: PeerName,
): LinkedFolder {
  const refusal = driver?.refusal;
  return {
    id,
    state: driver?.state ?? 'waiting',
    error: refusal === undefined ? undefined : refusalError(refusal),
    isSynced: driver?.isSettled ?? false,
    isStalled: driver?.isStalled ?? false,
    owedDocuments: debts.dueCount(peer),
    wantedBlobs: debts.wantedBlobs.size,
    leftDocuments: debts.leftCount(peer),
    leftBlobs: debts.leftBlobs,
    // They may be many: only who asks has them looked at.
    get withheld() {
      return driver?.withheld ?? [];
    },
    get withheldFor() {
      const why = driver?.full;
      return why && refusalError(why);
    },
  };
}
