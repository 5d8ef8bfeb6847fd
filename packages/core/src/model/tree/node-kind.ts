import type { NodeId } from '../../base/index.ts';

export type NodeKind = 'directory' | 'file' | 'symlink';
/** The directory that holds everything. It is never created, placed or removed, and is no node that is shown. */
export const ROOT: NodeId = 'root' as NodeId;

/** What `create` needs to know. */
export interface NewNode {
  readonly parent: NodeId;
  readonly name: string;
  readonly kind: NodeKind;
  /** Of the first content; empty if it begins empty. */
  readonly digest: string;
  /** Default: one from the host. */
  readonly id?: NodeId | undefined;
  /** Two devices that import the same write the same: the earliest of all stamps instead of this device's next. */
  readonly seed?: boolean | undefined;
}
