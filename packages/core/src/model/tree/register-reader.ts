/**
 * Reads registers from the maps into nodes. It trusts no event: an observer tells which keys to read again, and what is
 * read is what counts, so repeats and any order of arrival come to the same. Malformed registers count as absent and
 * are listed.
 */
import { isNodeId, type NodeId } from '../../base/index.ts';
import type { Heads } from '../../protocol/index.ts';
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
  readonly removals: Removals = new Removals(this.nodes);
  /** The largest number of any stamp read: whatever is written next is later than all of them. */
  lamport = 0;
  readonly #maps: TreeMaps;
  readonly #work: Worklist;
  readonly #seen = new Map<string, Heads>();
  /** Whom to judge again: by the operation that removed them, and by the directory they were removed with. */
  readonly #byOperation = new Map<string, Set<TreeNode>>();
  readonly #byVia = new Map<NodeId, Set<TreeNode>>();

  constructor(maps: TreeMaps, work: Worklist) {
    this.#maps = maps;
    this.#work = work;
  }

  /** The node of this id, made if nothing is known of it yet. */
  node(id: NodeId): TreeNode {
    let node = this.nodes.get(id);
    if (node !== undefined) return node;
    this.nodes.set(id, (node = new TreeNode(id)));
    this.removals.meet(node);
    return node;
  }

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
    node.created = created;
    if (created !== undefined) this.#raise(created.stamp);
    this.#changed(node);
    if (node.isDirectory === wasDirectory) return;
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

  #raise({ lamport }: Stamp): void {
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
