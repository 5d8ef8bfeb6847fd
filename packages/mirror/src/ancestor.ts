/**
 * The ancestor: what the disk and the folder agreed on last, by node. It is the base of every comparison: what the disk
 * shows otherwise was done by a person, what the folder shows otherwise came from elsewhere.
 *
 * All of it is in memory, a row of each node in the store. Memory follows the store: an entry changes when the row that
 * says so is durable.
 */
import type { FolderNodes, NodeId } from '@evermesh/core';
import { type AncestorEntry, decodeEntry, encodeEntry } from './ancestor-entry.ts';

export type { AncestorEntry };

const AREA = 'mirror-ancestor';

export type Row = ReturnType<FolderNodes['row']>;

/** What becomes of one node's entry. */
export interface AncestorChange {
  readonly id: NodeId;
  /** `undefined` if the disk has it no more. */
  readonly entry: AncestorEntry | undefined;
}

export class Ancestor {
  readonly #nodes: Pick<FolderNodes, 'row'>;
  readonly #entries = new Map<NodeId, AncestorEntry>();
  readonly #children = new Map<NodeId, Map<string, NodeId>>();
  /** Usually one; hard links of a file share an inode. */
  readonly #byInode = new Map<bigint, NodeId | NodeId[]>();

  constructor(nodes: Pick<FolderNodes, 'row'>) {
    this.#nodes = nodes;
  }

  static async load(nodes: FolderNodes): Promise<Ancestor> {
    const ancestor = new Ancestor(nodes);
    const changes: AncestorChange[] = [];
    for await (const [key, value] of nodes.rows(AREA)) {
      const id = key as NodeId;
      changes.push({ id, entry: decodeEntry(id, value) });
    }
    ancestor.took(changes);
    return ancestor;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(id: NodeId): AncestorEntry | undefined {
    return this.#entries.get(id);
  }

  all(): Iterable<AncestorEntry> {
    return this.#entries.values();
  }

  child(parent: NodeId, name: string): AncestorEntry | undefined {
    const id = this.#children.get(parent)?.get(name);
    return id === undefined ? undefined : this.#entries.get(id);
  }

  *children(parent: NodeId): Iterable<AncestorEntry> {
    for (const id of this.#children.get(parent)?.values() ?? []) {
      const entry = this.#entries.get(id);
      if (entry !== undefined) yield entry;
    }
  }

  /** What had this inode on disk. */
  withInode(inode: bigint): AncestorEntry[] {
    const ids = this.#byInode.get(inode) ?? [];
    return (typeof ids === 'string' ? [ids] : ids).flatMap((id) => this.#entries.get(id) ?? []);
  }

  /** Where it is on disk; `undefined` if a directory on the way is not there. */
  pathOf(id: NodeId): string | undefined {
    const names: string[] = [];
    let entry = this.#entries.get(id);
    while (entry !== undefined) {
      names.push(entry.name);
      if ((entry.parent as string) === 'root') return names.reverse().join('/');
      entry = this.#entries.get(entry.parent);
    }
    return undefined;
  }

  /** The rows that say these changes. */
  rows(changes: readonly AncestorChange[]): Row[] {
    return changes.map(({ id, entry }) => this.#nodes.row(AREA, id, entry && encodeEntry(entry)));
  }

  /** The rows of these changes are durable. */
  took(changes: readonly AncestorChange[]): void {
    // All old places first: two entries may have exchanged theirs.
    for (const { id } of changes) this.#forget(id);
    for (const { id, entry } of changes) {
      if (entry === undefined) continue;
      this.#entries.set(id, entry);
      const others = this.#byInode.get(entry.inode);
      this.#byInode.set(
        entry.inode,
        others === undefined ? id : [...(typeof others === 'string' ? [others] : others), id],
      );
      const siblings = this.#children.get(entry.parent);
      if (siblings === undefined) this.#children.set(entry.parent, new Map([[entry.name, id]]));
      else siblings.set(entry.name, id);
    }
  }

  #forget(id: NodeId): void {
    const old = this.#entries.get(id);
    if (old === undefined) return;
    this.#entries.delete(id);
    const others = this.#byInode.get(old.inode);
    const left = typeof others === 'object' ? others.filter((other) => other !== id) : [];
    if (left.length === 0) this.#byInode.delete(old.inode);
    else this.#byInode.set(old.inode, left);
    const siblings = this.#children.get(old.parent);
    if (siblings?.get(old.name) !== id) return;
    siblings.delete(old.name);
    if (siblings.size === 0) this.#children.delete(old.parent);
  }
}
