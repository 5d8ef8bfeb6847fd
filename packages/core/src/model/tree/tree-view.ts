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
import type { Bucket } from './bucket.ts';
import { Display } from './display.ts';
import { Liveness } from './liveness.ts';
import { type NameKey, nameKeyOf } from './names.ts';
import { ROOT } from './node-kind.ts';
import { Placements } from './placements.ts';
import { RegisterReader } from './register-reader.ts';
import { type TreeChange, orderedChanges } from './tree-changes.ts';
import { NAME_RULES_FACT, type TreeMaps } from './tree-maps.ts';
import type { ShownNode, TreeNode } from './tree-node.ts';
import { Unification } from './unification.ts';
import { Worklist } from './worklist.ts';

export class TreeView {
  readonly reader: RegisterReader;
  readonly placements: Placements;
  readonly liveness: Liveness;
  readonly #maps: TreeMaps;
  readonly #work = new Worklist();
  readonly #unification: Unification;
  readonly #display: Display;
  /** Keys to read again, by map. */
  readonly #staleNodes: Set<string>;
  readonly #staleDeletions: Set<string>;
  readonly #staleSeen = new Set<string>();
  /** Nodes whose documents have other heads. */
  readonly #staleContents = new Set<NodeId>();
  /** Of the metadata. */
  readonly #staleFacts = new Set<string>();
  #rules: NameKey;

  constructor(maps: TreeMaps, documentHeads: (document: DocumentId) => Heads) {
    const work = this.#work;
    this.#maps = maps;
    this.#rules = nameKeyOf(maps.fact(NAME_RULES_FACT));
    this.reader = new RegisterReader(maps, work, (woken) => this.#listWoken(woken));
    this.placements = new Placements(this.reader.root, (id) => this.reader.node(id));
    this.liveness = new Liveness(this.reader, documentHeads, work);
    const wake = (directory: TreeNode): void => this.reader.wake(directory);
    this.#unification = new Unification(this.reader.root, (name) => this.#rules(name), wake);
    this.#display = new Display(this.reader.root, wake);
    this.#staleNodes = this.reader.begin();
    this.#staleDeletions = new Set(maps.deletions.keys());
    for (const map of maps.ofNodes) follow(map, this.#staleNodes);
    follow(maps.deletions, this.#staleDeletions);
    follow(maps.seen, this.#staleSeen);
    follow(maps.metadata, this.#staleFacts);
    maps.created.observe((event) => this.reader.createdChanged(event));
    this.refresh();
    this.#display.takeBefore();
  }

  /** Names with equal keys are one name in this folder. */
  nameKey(name: string): string {
    this.refresh();
    return this.#rules(name);
  }

  get root(): TreeNode {
    return this.reader.root;
  }

  /** The node as shown: a member of a united directory is its primary, what is not visible is nothing. */
  shown(id: NodeId): TreeNode | undefined {
    this.refresh();
    const primary = this.reader.find(id)?.primary;
    return primary?.shown === undefined ? undefined : primary;
  }

  /** A directory as shown, or the root. */
  directory(id: NodeId): TreeNode | undefined {
    const node = id === ROOT ? this.root : this.shown(id);
    this.refresh();
    return node === this.root || node?.isDirectory === true ? node : undefined;
  }

  /** The directory in which a node is shown. */
  parentOf({ parent }: ShownNode): TreeNode | undefined {
    return this.directory(parent);
  }

  /** What a directory as shown contains. */
  contents(directory: TreeNode | undefined): Bucket<TreeNode> | undefined {
    if (directory !== undefined) this.reader.wake(directory);
    return directory?.contents;
  }

  nameConflicts(): TreeNode[] {
    this.refresh();
    this.reader.wakeAll();
    return [...this.#display.losers].filter(({ shown }) => shown !== undefined);
  }

  takeChanges(): TreeChange[] {
    this.refresh();
    return orderedChanges(this.#display.takeBefore(), (id) => this.reader.nodes.get(id)?.shown);
  }

  /** Registers of these were written just now, in a transaction that may not have ended. */
  wroteNode(id: NodeId): void {
    this.reader.isNew(id);
    this.#staleNodes.add(id);
  }

  wroteSeen(operation: string): void {
    this.#staleSeen.add(operation);
  }

  wroteFact(key: string): void {
    this.#staleFacts.add(key);
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
    this.#display.refresh(this.#unification.list(this.#work), this.#work);
  }

  /**
   * The rules of names arrive behind what they are for where another author's records come before those of the one who made the folder.
   * Nobody honest changes them. What sleeps shows names by the old ones, and has to wake by them: then everything is listed anew.
   */
  #readRules(): void {
    const rules = nameKeyOf(this.#maps.fact(NAME_RULES_FACT));
    if (rules === this.#rules) return;
    this.reader.wakeAll();
    this.#rules = rules;
    for (const node of this.reader.nodes.values()) this.#work.listed.add(node);
  }

  /** What woke stands where it was made. It is listed and named among itself, and nobody is told. */
  #listWoken(woken: readonly TreeNode[]): void {
    const work = new Worklist();
    this.#display.refreshWoken(woken, this.#unification.listWoken(woken, work), work);
  }

  /** Reads what is stale. Answers whether anything was. */
  #read(): boolean {
    const sets = [
      this.#staleFacts,
      this.#staleNodes,
      this.#staleDeletions,
      this.#staleSeen,
      this.#staleContents,
    ];
    if (sets.every(({ size }) => size === 0)) return false;
    if (this.#staleFacts.has(NAME_RULES_FACT)) this.#readRules();
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

/** Keeps `stale` filled with the keys that changed. */
function follow(map: Y.Map<unknown>, stale: Set<string>): void {
  map.observe(({ keysChanged }) => {
    // A peer may put list items into a map. They have no key and mean nothing.
    for (const key of keysChanged) if (typeof key === 'string') stale.add(key);
  });
}
