/** What a folder is opened with. */
import type { AuthorId, Clock, FolderId, Logger, Random } from '../base/index.ts';
import type { Committer, Compactor, Contents, Retention, Store } from '../log/index.ts';
import type { BodyPolicy } from './bodies.ts';

export interface FolderOptions {
  readonly id: FolderId;
  readonly author: AuthorId;
  readonly store: Store;
  readonly committer: Committer;
  readonly contents: Contents;
  readonly compactor: Compactor;
  readonly retention: Retention | undefined;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
  /** Default: all. */
  readonly bodies?: BodyPolicy | undefined;
}
