/** A kind of worlds: what is in them, and how often each kind of step happens. */
import type { HistoryPolicy } from '@evermesh/core';
import type { StepType } from './script.ts';

export interface Profile {
  readonly name: string;
  /** How often each kind of step is drawn, in proportion; kinds that are missing never are. */
  readonly weights: Readonly<Partial<Record<StepType, number>>>;
  /** The devices mirror directories. */
  readonly mirrors?: boolean;
  /** Their file systems are of several kinds. */
  readonly fileSystems?: boolean;
  /** Some devices join later, as steps have it. */
  readonly latecomers?: boolean;
  /** The folder tells names apart that differ in case only. */
  readonly caseSensitive?: boolean;
  /** Some devices hold the tree, and of what files hold what was used. They mirror nothing. */
  readonly onDemand?: boolean;
  /** Relays ask what a device may do with the folder: at first everything. */
  readonly grants?: boolean;
  /** Default: 1. With more, a device visits one of them, several, or all. */
  readonly relays?: number;
  /** Milliseconds for which relays keep records as they came. Default: 30 days, of which no world has one. */
  readonly keep?: number;
  /** What devices keep of what files were. Default: everything. */
  readonly history?: HistoryPolicy;
}
