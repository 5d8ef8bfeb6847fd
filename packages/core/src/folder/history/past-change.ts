/** One thing that happened in a folder. */
import type { DeviceId, NodeId } from '../../base/index.ts';

export interface PastChange {
  /**
   * `revived`: it was there before. `renamed`: moved within its directory. `edited`: what a device wrote without a pause, as in
   * `versions`.
   */
  readonly type: 'created' | 'revived' | 'edited' | 'moved' | 'renamed' | 'removed';
  readonly id: NodeId;
  /** Where it was after this; of what was removed, before; of what was edited, where it is now, or was last. */
  readonly path: string;
  /** Where it was before it was moved or renamed. */
  readonly from?: string | undefined;
  /** Milliseconds since 1970 by the clock of whoever did it; absent where nobody knows. */
  readonly time?: number | undefined;
  /** Absent where nobody knows. */
  readonly device?: DeviceId | undefined;
  /** Of what was edited: the id of the version that it came to. */
  readonly version?: string | undefined;
}
