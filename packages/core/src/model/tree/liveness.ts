/**
 * Which nodes are visible. A deletion holds only for what its author had seen: the node where it was put, under the name
 * it had, with all the content it has today, and the directory it was removed with where that was. Everything else beats
 * it. A removed directory stays visible while it holds something that is.
 */
import { documentOf } from '../../base/index.ts';
import { covers, type Heads } from '../../protocol/index.ts';
import type { DocumentId } from '../../base/index.ts';
import type { RegisterReader } from './register-reader.ts';
import { hadSeen, type Removed } from './removal.ts';
import type { Deletion, Quoted } from './registers.ts';
import { claimed } from './seen-heads.ts';
import type { TreeNode } from './tree-node.ts';
import type { Worklist } from './worklist.ts';

export class Liveness {
  readonly #reader: RegisterReader;
  readonly #documentHeads: (document: DocumentId) => Heads;
  readonly #work: Worklist;

  constructor(reader: RegisterReader, documentHeads: (document: DocumentId) => Heads, work: Worklist) {
    this.#reader = reader;
    this.#documentHeads = documentHeads;
    this.#work = work;
    reader.root.visible = true;
  }

  judge(node: TreeNode): void {
    const alive = node.created !== undefined && !this.#isDeleted(node);
    if (alive !== node.alive) {
      node.alive = alive;
      this.#work.drawn.add(node).add(node.primary);
    }
    this.#follow(node);
  }

  /** Moves nodes into the children of their parents. All leave before any enters: in between there is no cycle either. */
  link(settled: ReadonlySet<TreeNode>): void {
    const moved = [...settled].filter((node) => node.linked !== node.parent);
    for (const node of moved) this.#leave(node);
    for (const node of moved) this.#enter(node);
  }

  /** Whether removing this directory removed something that is still gone for that reason. */
  holdsDeleted(directory: TreeNode): boolean {
    for (const node of this.#reader.removedWith(directory.id)) {
      if (node === directory) continue;
      for (const deletion of node.deletions?.values() ?? [])
        if (deletion.via === directory.id && this.#holds(deletion, node)) return true;
      for (const removed of node.removals ?? [])
        if (removed.part.via === directory.id && this.#removes(removed, node)) return true;
    }
    return false;
  }

  /** The removals that hold of a node. */
  *goneBy(node: TreeNode): Generator<Deletion | Removed> {
    for (const deletion of node.deletions?.values() ?? []) if (this.#holds(deletion, node)) yield deletion;
    for (const removed of node.removals ?? []) if (this.#removes(removed, node)) yield removed;
  }

  #isDeleted(node: TreeNode): boolean {
    for (const deletion of node.deletions?.values() ?? []) if (this.#holds(deletion, node)) return true;
    for (const removed of node.removals ?? []) if (this.#removes(removed, node)) return true;
    return false;
  }

  #removes({ part, at }: Removed, node: TreeNode): boolean {
    return this.#isAsQuoted(part, node) && hadSeen(part, at, this.#headsOf(node));
  }

  /** In the older form. */
  #holds(deletion: Deletion, node: TreeNode): boolean {
    if (!this.#isAsQuoted(deletion, node)) return false;
    const seen = this.#reader.seen(deletion.operation);
    return seen !== undefined && covers(claimed(seen, deletion.claim), this.#headsOf(node));
  }

  #isAsQuoted({ placedToken, namedToken, via, viaGroup }: Quoted, node: TreeNode): boolean {
    if (placedToken !== (node.placed?.token ?? '') || namedToken !== (node.named?.token ?? '')) return false;
    return via === undefined || via === node.id || viaGroup === this.#reader.node(via).group;
  }

  #headsOf(node: TreeNode): Heads {
    return this.#documentHeads(documentOf(node.id));
  }

  #leave(node: TreeNode): void {
    const parent = node.linked;
    node.linked = undefined;
    this.#work.listed.add(node);
    if (parent === undefined) return;
    parent.children?.delete(node);
    if (node.visible) this.#count(parent, -1);
  }

  #enter(node: TreeNode): void {
    const { parent } = node;
    node.linked = parent;
    if (parent === undefined) return;
    this.#reader.wake(parent);
    (parent.children ??= new Set()).add(node);
    if (node.visible) this.#count(parent, 1);
  }

  #count(parent: TreeNode, change: 1 | -1): void {
    parent.living += change;
    this.#follow(parent);
  }

  /** Brings a node's visibility, and that of the directories above, in line with what it rests on. */
  #follow(start: TreeNode): void {
    for (
      let node: TreeNode | undefined = start;
      node !== undefined && node !== this.#reader.root;
      node = node.linked
    ) {
      const visible = node.created !== undefined && (node.alive || node.living > 0);
      if (visible === node.visible) return;
      node.visible = visible;
      this.#work.listed.add(node);
      if (node.linked !== undefined) node.linked.living += visible ? 1 : -1;
    }
  }
}
