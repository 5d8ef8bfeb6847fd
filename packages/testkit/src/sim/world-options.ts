/** What a world is made of. */
import type { HistoryPolicy } from '@evermesh/core';
import type { Application } from './application.ts';

export interface WorldOptions {
  readonly seed: string;
  readonly devices: number;
  /** They mirror directories. */
  readonly mirrors: boolean;
  readonly fileSystems: boolean;
  /** Some of them join later. */
  readonly latecomers: boolean;
  /** Some of them hold the tree, and of what files hold what was used. */
  readonly onDemand: boolean;
  /** The folder tells names apart that differ in case only. */
  readonly caseSensitive: boolean;
  /** What a device may do with the folder can change. */
  readonly grants: boolean;
  readonly relays: number;
  readonly keep: number;
  readonly history: HistoryPolicy | 'everything';
  /** Runs on every device, in place of people who work with the folder. */
  readonly app: Application<unknown> | undefined;
  /** Keep what happened, for people to read. */
  readonly trace: boolean;
}
