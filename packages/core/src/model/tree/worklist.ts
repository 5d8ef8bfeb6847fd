import type { TreeNode } from './tree-node.ts';

/** What a refresh has left to do. Each step takes its set and may add to those of later steps. */
export class Worklist {
  /** Where they are may have changed. */
  readonly unsettled: Set<TreeNode> = new Set();
  /** A deletion of them may hold now, or not any more. */
  readonly judged: Set<TreeNode> = new Set();
  /** They may be listed elsewhere, under another key, or not at all. */
  readonly listed: Set<TreeNode> = new Set();
  /** They may look different. */
  readonly drawn: Set<TreeNode> = new Set();
}
