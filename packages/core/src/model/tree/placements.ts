/**
 * In which directory each node is. A node names up to three: where it was put last, where it was before, and where it
 * was made. It is in the first one that is known. Where this closes a cycle, the node of the cycle that was put there
 * last takes its next one. No other rule would be the same on all replicas: cycles are disjoint, since every node has
 * one parent, so breaking one never touches another, and the order in which they are met does not matter. It ends,
 * because a node only ever goes on to its next directory.
 */
import type { NodeId } from '../../base/index.ts';
import { ROOT } from './node-kind.ts';
import { comparePlacement, type TreeNode } from './tree-node.ts';

export class Placements {
  readonly #root: TreeNode;
  readonly #nodeOf: (id: NodeId) => TreeNode;
  /** Directories that are not where they were put last, because that would close a cycle. */
  readonly victims: Set<TreeNode> = new Set();

  constructor(root: TreeNode, nodeOf: (id: NodeId) => TreeNode) {
    this.#root = root;
    this.#nodeOf = nodeOf;
  }

  /** Settles where these nodes are, and whom else this concerns; answers all whose parent may have changed. */
  settle(changed: ReadonlySet<TreeNode>): Set<TreeNode> {
    const unsettled = new Set(changed);
    // Victims always begin anew. Otherwise where they are would depend on the order in which registers arrived.
    for (const victim of this.victims) unsettled.add(victim);
    this.victims.clear();
    for (const node of unsettled) this.#choose(node, 0);
    this.#breakCycles(unsettled);
    for (const victim of this.victims) unsettled.add(victim);
    return unsettled;
  }

  /**
   * The directories to name so that the node is where it is shown, whatever else is moved. Those that close a cycle are
   * dropped. Those that have not arrived are kept: dropping them would be a wrong move that nobody made.
   */
  kept(node: TreeNode): { parent: NodeId; fallback: NodeId | undefined } {
    const shown = node.parent?.id;
    const [parent = ROOT, next] = candidates(node).filter(
      (id, i) => i >= node.choice || !this.#isDirectory(id),
    );
    return parent === shown || shown === undefined ? { parent, fallback: next } : { parent, fallback: shown };
  }

  #choose(node: TreeNode, from: number): void {
    const ids = node.created === undefined ? [] : candidates(node);
    node.choice = ids.length;
    node.parent = undefined;
    for (let i = from; i < ids.length; i++) {
      const parent = this.#directory(ids[i] as NodeId);
      if (parent.isDirectory || parent === this.#root) {
        node.choice = i;
        node.parent = parent;
        return;
      }
      (parent.waiting ??= new Set()).add(node);
    }
  }

  #breakCycles(unsettled: ReadonlySet<TreeNode>): void {
    // Files have no children, so no cycle runs through one.
    const starts = [...unsettled].filter((node) => node.isDirectory);
    const sound = new Set<TreeNode>();
    for (let start = starts.pop(); start !== undefined; start = starts.pop()) {
      const path = new Set<TreeNode>();
      let node: TreeNode | undefined = start;
      while (node !== undefined && !path.has(node) && !sound.has(node)) {
        path.add(node);
        node = node.parent;
      }
      if (node === undefined || sound.has(node)) for (const passed of path) sound.add(passed);
      else starts.push(start, this.#breakCycle(cycleAt(node)));
    }
  }

  #breakCycle(cycle: readonly TreeNode[]): TreeNode {
    const movable = cycle.filter((node) => this.#hasNext(node));
    const victim = (movable.length > 0 ? movable : cycle).reduce((a, b) =>
      comparePlacement(a, b) > 0 ? a : b,
    );
    this.#choose(victim, victim.choice + 1);
    // Only registers that no honest device wrote, or that are not all here, close a cycle without a way out.
    if (movable.length === 0) victim.parent = this.#root;
    this.victims.add(victim);
    return victim;
  }

  #hasNext(node: TreeNode): boolean {
    return candidates(node).some((id, i) => i > node.choice && this.#isDirectory(id));
  }

  #isDirectory(id: NodeId): boolean {
    return id === ROOT || this.#nodeOf(id).isDirectory;
  }

  #directory(id: NodeId): TreeNode {
    return id === ROOT ? this.#root : this.#nodeOf(id);
  }
}

function candidates({ placed, created }: TreeNode): NodeId[] {
  const all = [placed?.parent, placed?.fallback, created?.parent];
  return all.filter((id, i): id is NodeId => id !== undefined && all.indexOf(id) === i);
}

function cycleAt(start: TreeNode): TreeNode[] {
  const cycle = [start];
  for (let node = start.parent; node !== undefined && node !== start; node = node.parent) cycle.push(node);
  return cycle;
}
