/** Removals, by the nodes that they name: those that are known, and those that come later than their removal. */
import type { NodeId } from '../../base/index.ts';
import { cut, ID_BYTES, idAt } from './id-bytes.ts';
import { parseRemoval, type RemovalPart, Removed } from './removal.ts';
import type { TreeNode } from './tree-node.ts';

/** Where nodes are looked up that a removal names. */
export interface KnownNodes {
  find(id: NodeId): TreeNode | undefined;
  /** Of all of them. */
  ids(): Iterable<NodeId>;
}

export class Removals {
  readonly #known: KnownNodes;
  readonly #byOperation = new Map<string, readonly RemovalPart[]>();
  /** By id, whole or cut. */
  readonly #byId = new Map<string, Removed>();
  readonly #byVia = new Map<NodeId, Set<RemovalPart>>();
  /** Known nodes that a part names. */
  readonly #named = new Map<RemovalPart, TreeNode[]>();

  /** @param known of a node that is new `meet` is told */
  constructor(known: KnownNodes) {
    this.#known = known;
  }

  /** What each operation removed, by the key of its register. */
  get operations(): ReadonlyMap<string, readonly RemovalPart[]> {
    return this.#byOperation;
  }

  /** Whether any removal names it. */
  names(id: NodeId): boolean {
    return this.#byId.size > 0 && (this.#byId.has(id) || this.#byId.has(cut(id)));
  }

  /** Nodes that were removed with the directory `id`. */
  *removedWith(id: NodeId): Generator<TreeNode> {
    for (const part of this.#byVia.get(id) ?? []) yield* this.#named.get(part) ?? [];
  }

  /** Whether what the operation removed can be read. */
  has(operation: string): boolean {
    return this.#byOperation.has(operation);
  }

  /** Takes what an operation removed in place of what it had; answers whom either names. */
  read(operation: string, value: unknown): TreeNode[] {
    const forgotten = this.#forget(operation);
    const parts = value instanceof Uint8Array ? parseRemoval(value) : undefined;
    if (parts === undefined) return forgotten;
    this.#byOperation.set(operation, parts);
    for (const part of parts) this.#add(part);
    return [...forgotten, ...this.#matchKnown(parts)];
  }

  /** A node that was not known. */
  meet(node: TreeNode): void {
    if (this.#byId.size === 0) return;
    this.#match(node, node.id, undefined);
    this.#match(node, cut(node.id), undefined);
  }

  /** All of it goes at once: a peer may name one node without end. */
  #forget(operation: string): TreeNode[] {
    const parts = new Set(this.#byOperation.get(operation));
    this.#byOperation.delete(operation);
    const nodes = new Set<TreeNode>();
    const ids = new Set<string>();
    for (const part of parts) {
      for (const node of this.#named.get(part) ?? []) nodes.add(node);
      this.#named.delete(part);
      if (part.via !== undefined) this.#byVia.get(part.via)?.delete(part);
      for (const id of keysOf(part)) ids.add(id);
    }
    for (const node of nodes) node.removals = node.removals?.filter(({ part }) => !parts.has(part));
    for (const id of ids) {
      const left = without(this.#byId.get(id), parts);
      if (left === undefined) this.#byId.delete(id);
      else this.#byId.set(id, left);
    }
    return [...nodes];
  }

  #add(part: RemovalPart): void {
    let at = 0;
    for (const id of keysOf(part)) this.#byId.set(id, new Removed(part, at++, this.#byId.get(id)));
    this.#named.set(part, []);
    if (part.via === undefined) return;
    const parts = this.#byVia.get(part.via);
    if (parts === undefined) this.#byVia.set(part.via, new Set([part]));
    else parts.add(part);
  }

  /** Answers who is known of those that are named. All parts of one removal are cut alike. */
  #matchKnown(parts: readonly RemovalPart[]): TreeNode[] {
    const only = new Set(parts);
    const isCut = parts.some(({ width }) => width < ID_BYTES);
    const keyOf = (id: NodeId): string => (isCut ? cut(id) : id);
    // What is cut cannot be looked up.
    const ids = isCut
      ? [...this.#known.ids()].filter((id) => this.#byId.has(cut(id)))
      : (new Set(parts.flatMap((part) => [...keysOf(part)])) as Set<NodeId>);
    const known = [...ids].map((id) => this.#known.find(id));
    return known.filter(
      (node) => node !== undefined && this.#match(node, keyOf(node.id), only),
    ) as TreeNode[];
  }

  /** Answers whether any of `only` names the node so; without these it is any of all. */
  #match(node: TreeNode, id: string, only: ReadonlySet<RemovalPart> | undefined): boolean {
    let found = false;
    for (let removed = this.#byId.get(id); removed !== undefined; removed = removed.next) {
      if (only?.has(removed.part) === false) continue;
      (node.removals ??= []).push(removed);
      this.#named.get(removed.part)?.push(node);
      found = true;
    }
    return found;
  }
}

/** The ids of its nodes, whole or cut, in their order. */
function* keysOf({ ids, count, width }: RemovalPart): Generator<string> {
  for (let at = 0; at < count; at++) yield idAt(ids, at * width, width);
}

function without(first: Removed | undefined, parts: ReadonlySet<RemovalPart>): Removed | undefined {
  let left: Removed | undefined;
  for (let removed = first; removed !== undefined; removed = removed.next)
    if (!parts.has(removed.part)) left = new Removed(removed.part, removed.at, left);
  return left;
}
