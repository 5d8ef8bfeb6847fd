/**
 * Reads registers from the maps into nodes. It trusts no event: an observer tells which keys to read again, and what is
 * read is what counts, so repeats and any order of arrival come to the same. Malformed registers count as absent and
 * are listed.
 */
import type * as Y from 'yjs';
import { isNodeId, type NodeId } from '../../base/index.ts';
import type { Heads } from '../../protocol/index.ts';
import { DormantNodes } from './dormant.ts';
import { ROOT } from './node-kind.ts';
import { Removals } from './removals.ts';
import { type Deletion, parseCreated, parseDeletion, parseNamed, parsePlaced } from './registers.ts';
import { parseSeen } from './seen-heads.ts';
import { isTag, parseStamp, type Stamp } from './stamp.ts';
import { operationIn, splitDeletionKey, type TreeMaps } from './tree-maps.ts';
import { TreeNode } from './tree-node.ts';
import type { Worklist } from './worklist.ts';

export interface Problem {
  readonly id: NodeId;
  readonly reason: string;
}

export class RegisterReader {
  readonly root: TreeNode = new TreeNode(ROOT);
  readonly nodes: Map<NodeId, TreeNode> = new Map();
  /** By map and key. */
  readonly problems: Map<string, Problem> = new Map();
  readonly removals: Removals = new Removals({ find: (id) => this.find(id), ids: () => this.ids() });
  /** The largest number of any stamp read: whatever is written next is later than all of them. */
  lamport = 0;
  readonly #maps: TreeMaps;
  readonly #work: Worklist;
  readonly #dormant = new DormantNodes();
  #isAwake = false;
  /** Lists what woke in a directory. */
  readonly #list: (woken: readonly TreeNode[]) => void;
  readonly #seen = new Map<string, Heads>();
  /** Whom to judge again: by the operation that removed them, and by the directory they were removed with. */
  readonly #byOperation = new Map<string, Set<TreeNode>>();
  readonly #byVia = new Map<NodeId, Set<TreeNode>>();

  constructor(maps: TreeMaps, work: Worklist, list: (woken: readonly TreeNode[]) => void) {
    this.#maps = maps;
    this.#work = work;
    this.#list = list;
  }

  /** Begins with what the document holds. Answers the keys of nodes that have to be read one by one. */
  begin(): Set<string> {
    const { created, ofNodes, deletions, seen } = this.#maps;
    for (const operation of seen.keys()) this.readSeen(operation);
    const keys = new Set<string>();
    for (const map of ofNodes) if (map !== created) for (const key of map.keys()) keys.add(key);
    for (const key of [...keys, ...[...deletions.keys()].map((each) => splitDeletionKey(each).id)])
      if (isNodeId(key)) this.isNew(key);
    for (const key of this.#dormant.fill(created, (id) => this.knows(id as NodeId))) {
      keys.add(key);
      if (isNodeId(key)) this.isNew(key);
    }
    this.#raise(this.#dormant);
    return keys;
  }

  /** The node of this id, made if nothing is known of it yet. */
  node(id: NodeId): TreeNode {
    const known = this.find(id);
    if (known !== undefined) return known;
    this.isNew(id);
    return this.nodes.get(id) as TreeNode;
  }

  /** The node of this id, if anything is known of it. One that is created, and that the view has no node for, sleeps. */
  find(id: NodeId): TreeNode | undefined {
    const node = this.nodes.get(id);
    if (node !== undefined || this.#dormant.isEmpty || !isNodeId(id)) return node;
    this.#wakeUpTo(id, (above) => this.#maps.created.get(above));
    return this.nodes.get(id);
  }

  /** A node that is new, and never slept. */
  isNew(id: NodeId): void {
    if (this.nodes.has(id)) return;
    const node = new TreeNode(id);
    this.nodes.set(id, node);
    this.removals.meet(node);
  }

  /** Of all nodes that anything is known of, those that sleep among them. */
  *ids(): Generator<NodeId> {
    const { created } = this.#maps;
    for (const id of created.keys()) if (isNodeId(id)) yield id;
    for (const id of this.nodes.keys()) if (!created.has(id)) yield id;
  }

  /**
   * Creations changed. Nobody honest writes one twice, unless it is the same: an import, on two devices. But what sleeps does so
   * where it was made at first, and has to wake there.
   */
  createdChanged({ keys, target }: Y.YMapEvent<unknown>): void {
    const before = (id: string): unknown => (keys.has(id) ? keys.get(id)?.oldValue : target.get(id));
    for (const [id, { action }] of keys)
      if (action !== 'add' && before(id) !== target.get(id)) this.#wakeUpTo(id, before);
    for (const [id, { action }] of keys) if (action === 'add' && isNodeId(id)) this.isNew(id);
  }

  /** Wakes what sleeps in this directory. To be called before anything changes there, and before anybody looks. */
  wake(directory: TreeNode): void {
    const woken: TreeNode[] = [];
    this.#dormant.wake(directory.id, (id, created) => {
      const node = new TreeNode(id);
      this.nodes.set(id, node);
      node.created = created;
      node.alive = true;
      node.visible = true;
      if (node.isDirectory) node.living = this.#dormant.count(id);
      if (!directory.isDirectory && directory !== this.root) {
        node.choice = 1;
        (directory.waiting ??= new Set()).add(node);
        return;
      }
      node.parent = directory;
      node.linked = directory;
      (directory.children ??= new Set()).add(node);
      woken.push(node);
    });
    if (woken.length > 0) this.#list(woken);
  }

  /** Wakes all that is shown. Whatever is shown for the first time later wakes then. */
  wakeAll(): void {
    if (this.#isAwake) return;
    this.#isAwake = true;
    this.wake(this.root);
    // What wakes is added behind.
    for (const node of this.nodes.values()) this.wake(node);
  }

  #wakeUpTo(id: string, creationOf: (id: string) => unknown): void {
    for (const above of this.#dormant.above(id, creationOf, (at) => this.nodes.has(at as NodeId))) {
      if (above !== ROOT) this.isNew(above as NodeId);
      this.wake(above === ROOT ? this.root : (this.nodes.get(above as NodeId) as TreeNode));
    }
  }

  /** Whether it is awake, or named by a removal. */
  knows(id: NodeId): boolean {
    return this.nodes.has(id) || this.removals.names(id);
  }

  /** What the author of this operation had seen, unless that has not arrived. */
  seen(operation: string): Heads | undefined {
    return this.#seen.get(operation);
  }

  /** Nodes with a deletion that names `id` as the directory they were removed with. */
  *removedWith(id: NodeId): Generator<TreeNode> {
    yield* this.#byVia.get(id) ?? [];
    yield* this.removals.removedWith(id);
  }

  readNode(key: string): void {
    if (!isNodeId(key)) return this.#refuseNode(key);
    const node = this.node(key);
    this.#readCreated(node);
    this.#readPlaces(node);
    const executable = this.#maps.executable.get(key) === '1';
    if (executable !== node.executable) this.#work.drawn.add(node);
    node.executable = executable;
  }

  readDeletion(key: string): void {
    const { id, tag } = splitDeletionKey(key);
    const value = this.#maps.deletions.get(key);
    const deletion = isNodeId(id) && isTag(tag) ? parseDeletion(value) : undefined;
    this.#note('x', key, id, value, deletion, 'a deletion that says nothing');
    if (!isNodeId(id) || !isTag(tag)) return;
    const node = this.node(id);
    const old = node.deletions?.get(tag);
    if (sameValue(old, deletion)) return;
    if (deletion === undefined) node.deletions?.delete(tag);
    else (node.deletions ??= new Map()).set(tag, deletion);
    if (old !== undefined) this.#unindex(node, old);
    if (deletion !== undefined) this.#index(node, deletion);
    this.#work.judged.add(node);
  }

  /** What an operation removed; or, in the older form, what the author of one had seen. */
  readSeen(operation: string): void {
    const value = this.#maps.seen.get(operation);
    const stamp = operationIn(operation);
    const heads = stamp === undefined ? undefined : parseSeen(value);
    const named = stamp === undefined ? [] : this.removals.read(operation, value);
    const parsed = heads !== undefined || this.removals.has(operation) ? value : undefined;
    this.#note('d', operation, operation, value, parsed, 'a removal that says nothing');
    if (stamp === undefined) return;
    this.#raise(stamp);
    if (heads === undefined) this.#seen.delete(operation);
    else this.#seen.set(operation, heads);
    for (const node of this.#byOperation.get(operation) ?? []) this.#work.judged.add(node);
    for (const node of named) this.#work.judged.add(node);
  }

  #readCreated(node: TreeNode): void {
    const value = this.#maps.created.get(node.id);
    const created = parseCreated(value);
    this.#note('c', node.id, node.id, value, created, 'a creation of no known kind or form');
    if (sameValue(node.created, created)) return;
    const wasDirectory = node.isDirectory;
    // What sleeps here wakes as it was: inside, or waiting for a directory. Of what was nothing yet, nothing was shown.
    if (node.created !== undefined) this.wake(node);
    node.created = created;
    if (created !== undefined) this.#raise(created.stamp);
    this.#changed(node);
    if (node.isDirectory === wasDirectory) return;
    if (node.isDirectory) node.living += this.#dormant.count(node.id);
    // Whoever waited for this directory, or was in what is none any more, finds its place again.
    for (const other of (wasDirectory ? node.children : node.waiting) ?? []) this.#work.unsettled.add(other);
    node.waiting = undefined;
  }

  #readPlaces(node: TreeNode): void {
    const placedValue = this.#maps.placed.get(node.id);
    const namedValue = this.#maps.named.get(node.id);
    const placed = parsePlaced(placedValue);
    const named = parseNamed(namedValue);
    this.#note('p', node.id, node.id, placedValue, placed, 'a move that leads nowhere');
    this.#note('n', node.id, node.id, namedValue, named, 'a renaming without a name');
    if (sameValue(node.placed, placed) && sameValue(node.named, named)) return;
    const group = node.group;
    node.placed = placed;
    node.named = named;
    for (const register of [placed, named]) if (register !== undefined) this.#raise(register.stamp);
    this.#changed(node);
    if (node.group !== group) for (const other of this.removedWith(node.id)) this.#work.judged.add(other);
  }

  #changed(node: TreeNode): void {
    this.#work.unsettled.add(node);
    this.#work.judged.add(node);
    this.#work.listed.add(node);
    this.#work.drawn.add(node);
  }

  #index(node: TreeNode, { operation, via }: Deletion): void {
    this.#raise(parseStamp(operation) as Stamp);
    entry(this.#byOperation, operation).add(node);
    entry(this.#byVia, via).add(node);
  }

  #unindex(node: TreeNode, old: Deletion): void {
    const others = [...(node.deletions?.values() ?? [])];
    if (!others.some(({ operation }) => operation === old.operation))
      remove(this.#byOperation, old.operation, node);
    if (!others.some(({ via }) => via === old.via)) remove(this.#byVia, old.via, node);
  }

  #raise({ lamport }: Pick<Stamp, 'lamport'>): void {
    if (lamport > this.lamport) this.lamport = lamport;
  }

  #refuseNode(key: string): void {
    const named = this.#maps.ofNodes.some((map) => map.has(key));
    this.#note('', key, key, named ? key : undefined, undefined, 'a register of what cannot be a node');
  }

  #note(map: string, key: string, id: string, value: unknown, parsed: unknown, reason: string): void {
    const problem = `${map}:${key}`;
    if (value === undefined || parsed !== undefined) this.problems.delete(problem);
    else this.problems.set(problem, { id: id as NodeId, reason });
  }
}

function entry<Key>(map: Map<Key, Set<TreeNode>>, key: Key): Set<TreeNode> {
  let set = map.get(key);
  if (set === undefined) map.set(key, (set = new Set()));
  return set;
}

function remove<Key>(map: Map<Key, Set<TreeNode>>, key: Key, node: TreeNode): void {
  const set = map.get(key);
  set?.delete(node);
  if (set?.size === 0) map.delete(key);
}

/** Registers are flat, apart from their stamps. */
function sameValue(a: object | undefined, b: object | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return JSON.stringify(a) === JSON.stringify(b);
}
