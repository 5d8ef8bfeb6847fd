/** What drives a folder's session on one socket, and whom it tells. */
import type { Clock, Logger } from '../base/index.ts';
import type { EvermeshError } from '../errors/index.ts';
import type { FromDevice } from '../protocol/index.ts';
import type { SyncedFolder } from './synced-folder.ts';
import type { RemoteBlobs } from './transport.ts';

export interface FolderDriverOptions {
  readonly folder: SyncedFolder;
  readonly peer: string;
  readonly channel: number;
  readonly frameBytes: number;
  readonly remote: RemoteBlobs;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Named as the source of what is appended. */
  readonly source: unknown;
  readonly send: (message: FromDevice) => void;
  /** Of the records that came, so many bytes more are durable, or noted as owed. */
  readonly took: (bytes: number) => void;
  /** The connection is of no use any more. */
  readonly fail: (error: EvermeshError) => void;
  /** Leave the channel, and open it anew. */
  readonly reopen: (why: string) => void;
  /** The state, or what is settled, may have changed. */
  readonly changed: () => void;
}
