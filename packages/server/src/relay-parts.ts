/** What everything in a relay is handed: its folders, its blobs, and the world. */
import type { Clock, Logger } from '@evermesh/core/base';
import type { Authorizer } from './authorizer.ts';
import type { FolderBlobs } from './folder-blobs.ts';
import type { FolderRegistry } from './folder-registry.ts';
import type { FrameRates } from './frame-rates.ts';
import type { PutCredits } from './put-credits.ts';
import type { RelayMeter } from './relay-meter.ts';

export interface RelayParts {
  readonly registry: FolderRegistry;
  readonly blobs: FolderBlobs;
  readonly authorizer: Authorizer;
  readonly credits: PutCredits;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Default: nobody is slowed down. */
  readonly rates?: FrameRates | undefined;
  /** Default: nobody counts. */
  readonly meter?: RelayMeter | undefined;
}
