/**
 * The visible tree: a pure function of the document's registers and of the heads of the files' documents. It is kept
 * incrementally, step by step: registers are read, placements settled, deletions judged, nodes listed and united, names
 * found, changes noted. A step only ever works on what an earlier one handed it, so what an operation costs does not
 * depend on the size of the tree.
 *
 * Observers run when the outermost transaction ends, and an operation must see what earlier ones of its transaction did.
 * So a change only marks what to read again, and every question refreshes first.
 */
import type * as Y from 'yjs';
import { type DocumentId, isNodeId, type NodeId } from '../../base/index.ts';
import type { Heads } from '../../protocol/index.ts';
import { Display } from './display.ts';
import { Liveness } from './liveness.ts';
import { ROOT } from './node-kind.ts';
import { Placements } from './placements.ts';
import { RegisterReader } from './register-reader.ts';
import { type TreeChange, orderedChanges } from './tree-changes.ts';
import type { TreeMaps } from './tree-maps.ts';
import type { TreeNode } from './tree-node.ts';
import { Unification } from './unification.ts';
import { Worklist } from './worklist.ts';

export class TreeView {
  readonly reader: RegisterReader;
  readonly placements: Placements;
  readonly liveness: Liveness;
  readonly #work = new Worklist();
  readonly #unification: Unification;
  readonly #display: Display;
  /** Keys to read again, by map. */
  readonly #staleNodes = new Set<string>();
  readonly #staleDeletions = new Set<string>();
  readonly #staleSeen = new Set<string>();
  /** Nodes whose documents have other heads. */
  readonly #staleContents = new Set<NodeId>();

  constructor(maps: TreeMaps, documentHeads: (document: DocumentId) => Heads) {
    const work = this.#work;
    this.reader = new RegisterReader(maps, work);
    this.placements = new Placements(this.reader.root, (id) => this.reader.node(id));
    this.liveness = new Liveness(this.reader, documentHeads, work);
    this.#unification = new Unification(this.reader.root, work);
    this.#display = new Display(this.reader.root, work);
    for (const map of maps.ofNodes) follow(map, this.#staleNodes);
    follow(maps.deletions, this.#staleDeletions);
    follow(maps.seen, this.#staleSeen);
    this.refresh();
    this.#display.takeBefore();
  }

  get root(): TreeNode {
    return this.reader.root;
  }

  /** The node as shown: a member of a united directory is its primary, what is not visible is nothing. */
  shown(id: NodeId): TreeNode | undefined {
    this.refresh();
    const primary = this.reader.nodes.get(id)?.primary;
    return primary?.shown === undefined ? undefined : primary;
  }

  /** A directory as shown, or the root. */
  directory(id: NodeId): TreeNode | undefined {
    const node = id === ROOT ? this.root : this.shown(id);
    this.refresh();
    return node === this.root || node?.isDirectory === true ? node : undefined;
  }

  nameConflicts(): TreeNode[] {
    this.refresh();
    return [...this.#display.losers].filter(({ shown }) => shown !== undefined);
  }

  takeChanges(): TreeChange[] {
    this.refresh();
    return orderedChanges(this.#display.takeBefore(), (id) => this.reader.nodes.get(id)?.shown);
  }

  /** Registers of these were written just now, in a transaction that may not have ended. */
  wroteNode(id: NodeId): void {
    this.#staleNodes.add(id);
  }

  wroteSeen(operation: string): void {
    this.#staleSeen.add(operation);
  }

  contentChanged(document: DocumentId): void {
    if (isNodeId(document)) this.#staleContents.add(document as string as NodeId);
  }

  refresh(): void {
    if (!this.#read()) return;
    const { unsettled, judged } = this.#work;
    const settled = unsettled.size === 0 ? unsettled : this.placements.settle(unsettled);
    this.liveness.link(settled);
    unsettled.clear();
    for (const node of judged) this.liveness.judge(node);
    judged.clear();
    this.#display.refresh(this.#unification.list());
  }

  /** Reads what is stale. Answers whether anything was. */
  #read(): boolean {
    const sets = [this.#staleNodes, this.#staleDeletions, this.#staleSeen, this.#staleContents];
    if (sets.every(({ size }) => size === 0)) return false;
    // What deletions had seen first: it is small, and what is judged by it then is judged once.
    for (const operation of this.#staleSeen) this.reader.readSeen(operation);
    for (const key of this.#staleNodes) this.reader.readNode(key);
    for (const key of this.#staleDeletions) this.reader.readDeletion(key);
    for (const id of this.#staleContents) {
      const node = this.reader.nodes.get(id);
      if (node?.deletions !== undefined || node?.removals !== undefined) this.#work.judged.add(node);
    }
    for (const set of sets) set.clear();
    return true;
  }
}

/** Keeps `stale` filled with the keys that changed, beginning with all there are. */
function follow(map: Y.Map<unknown>, stale: Set<string>): void {
  for (const key of map.keys()) stale.add(key);
  map.observe(({ keysChanged }) => {
    // A peer may put list items into a map. They have no key and mean nothing.
    for (const key of keysChanged) if (typeof key === 'string') stale.add(key);
  });
}
