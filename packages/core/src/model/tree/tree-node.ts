/**
 * One node as the view holds it: what its registers say, and what follows from that, step by step. Each step owns the
 * fields of its section, and no other writes them.
 */
import type { NodeId } from '../../base/index.ts';
import type { Bucket } from './bucket.ts';
import type { NodeKind } from './node-kind.ts';
import type { Removed } from './removal.ts';
import { type Created, type Deletion, groupOf, type Named, type Placed } from './registers.ts';
import { compareStamps, type Stamp } from './stamp.ts';

/** As shown. A value: it does not change, a later view has another. */
export interface ShownNode {
  readonly id: NodeId;
  readonly kind: NodeKind;
  readonly parent: NodeId;
  /** As shown: no sibling has the same portable key. */
  readonly name: string;
  /** As registered. It differs from `name` when a sibling has it, or when not every system could hold it. */
  readonly ownName: string;
  readonly executable: boolean;
  /** Of the first content; empty if the node began empty. */
  readonly digest: string;
  /** A removed directory, shown because something inside lives. */
  readonly deletedButAlive: boolean;
}

export class TreeNode {
  readonly id: NodeId;

  // Registers, as read.
  /** Absent while the creation has not arrived, or is malformed: then the node is nothing yet. */
  created: Created | undefined;
  placed: Placed | undefined;
  named: Named | undefined;
  /** By the device that removed it: the older form. */
  deletions: Map<string, Deletion> | undefined;
  /** What removals say of it. */
  removals: Removed[] | undefined;
  executable = false;

  // Placement: the directory it is in, whether or not either is visible.
  /** Which of its possible parents is taken. */
  choice = 0;
  parent: TreeNode | undefined;
  /** The parent in whose `children` it stands: follows `parent` when all placements are settled. */
  linked: TreeNode | undefined;
  children: Set<TreeNode> | undefined;
  /** Nodes that would be in here, were this a known directory. */
  waiting: Set<TreeNode> | undefined;

  // Liveness.
  /** Created, and no deletion holds. */
  alive = false;
  /** Visible children. */
  living = 0;
  /** Alive, or a directory that holds something visible. */
  visible = false;

  // Unification and names.
  /** Where it is listed, if it is visible and placed; `key` is what it is listed under. */
  bucket: Bucket<TreeNode> | undefined;
  key = '';
  /** The directory under whose identity this one is shown: itself, unless it is united with another. */
  primary: TreeNode = this;
  contents: Bucket<TreeNode> | undefined;
  /** The name shown instead of its own, which a sibling has. */
  alternative: string | undefined;

  // What everybody sees, or nothing.
  shown: ShownNode | undefined;

  constructor(id: NodeId) {
    this.id = id;
  }

  get isDirectory(): boolean {
    return this.created?.kind === 'directory';
  }

  get ownName(): string {
    return this.named?.name ?? this.created?.name ?? '';
  }

  /** When it came to be where it is under the name it has. A directory goes by its creation alone, so that moving one changes no identity. */
  get since(): Stamp {
    // One that is nothing any more may still be listed, until its turn has come.
    let latest = this.created?.stamp ?? NEVER;
    if (this.isDirectory) return latest;
    for (const register of [this.placed, this.named])
      if (register !== undefined && compareStamps(register.stamp, latest) > 0) latest = register.stamp;
    return latest;
  }

  get group(): string {
    return groupOf(this.placed, this.named);
  }
}

const NEVER: Stamp = { lamport: 0, tag: '' };

const compareIds = (a: TreeNode, b: TreeNode): number => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

/** Who was moved later, or made later if never moved. */
export const comparePlacement = (a: TreeNode, b: TreeNode): number =>
  compareStamps(((a.placed ?? a.created) as Created).stamp, ((b.placed ?? b.created) as Created).stamp) ||
  compareIds(a, b);
