/**
 * The ancestor: what the disk and the folder agreed on last, by node. It is the base of every comparison: what the disk
 * shows otherwise was done by a person, what the folder shows otherwise came from elsewhere.
 *
 * All of it is in memory, a row of each node in the store. Memory follows the store: an entry changes when the row that
 * says so is durable.
 */
import type { FolderNodes, Heads, NodeId } from '@evermesh/core';
import { storedRow } from '@evermesh/core/log';
import { covers, equalHeads, NO_HEADS } from '@evermesh/core/protocol';
import { ANCESTOR_AREA, type AncestorEntry, decodeEntry, encodeEntry } from './ancestor-entry.ts';
import { ShownBefore } from './shown-before.ts';

export type { AncestorEntry };

export type Row = ReturnType<FolderNodes['row']>;

/** What becomes of one node's entry. */
export interface AncestorChange {
  readonly id: NodeId;
  /** `undefined` if the disk has it no more. */
  readonly entry: AncestorEntry | undefined;
}

export class Ancestor {
  readonly #nodes: Pick<FolderNodes, 'row' | 'shownNoMore'>;
  /** What the disk showed before the store was repaired; nothing, if it was not. */
  readonly before: ShownBefore;
  readonly #entries = new Map<NodeId, AncestorEntry>();
  /**
   * By name, the newest last. Usually one: while a person removes a file and another one comes to its name, the old one
   * is still here, and has to be found missing.
   */
  readonly #children = new Map<NodeId, Map<string, NodeId | NodeId[]>>();
  /** Usually one; hard links of a file share an inode. */
  readonly #byInode = new Map<bigint, NodeId | NodeId[]>();
  /** What files were shown at, and are no more: told with the rows of the next changes. */
  #left: Pick<AncestorEntry, 'id' | 'heads'>[] = [];
  /** What files that are not here were shown at, and may be here again. */
  readonly #remembered = new Map<NodeId, Heads>();
  #directories = 0;
  #moves = 0;

  /** @param before what the disk showed before a repair; nothing, if there was none */
  constructor(nodes: Pick<FolderNodes, 'row' | 'shownNoMore'>, before: ShownBefore = new ShownBefore(nodes)) {
    this.#nodes = nodes;
    this.before = before;
  }

  static async load(nodes: FolderNodes): Promise<Ancestor> {
    const ancestor = new Ancestor(nodes, await ShownBefore.load(nodes));
    const changes: AncestorChange[] = [];
    for await (const [key, value] of nodes.rows(ANCESTOR_AREA)) {
      const id = key as NodeId;
      changes.push({ id, entry: storedRow(key, value, (reader) => decodeEntry(id, reader)) });
    }
    ancestor.took(changes);
    ancestor.#orderByTime();
    return ancestor;
  }

  get size(): number {
    return this.#entries.size;
  }

  /** Files and links. */
  get files(): number {
    return this.#entries.size - this.#directories;
  }

  /** How often a directory has left its place: paths that were good before may not be now. */
  get moves(): number {
    return this.#moves;
  }

  get(id: NodeId): AncestorEntry | undefined {
    return this.#entries.get(id);
  }

  all(): Iterable<AncestorEntry> {
    return this.#entries.values();
  }

  /** What came to this name last. */
  child(parent: NodeId, name: string): AncestorEntry | undefined {
    return this.named(parent, name).at(-1);
  }

  /** All that came to this name and is not known to be gone, the newest last. */
  named(parent: NodeId, name: string): AncestorEntry[] {
    return listOf(this.#children.get(parent)?.get(name)).flatMap((id) => this.#entries.get(id) ?? []);
  }

  *children(parent: NodeId): Iterable<AncestorEntry> {
    for (const ids of this.#children.get(parent)?.values() ?? []) {
      for (const id of listOf(ids)) {
        const entry = this.#entries.get(id);
        if (entry !== undefined) yield entry;
      }
    }
  }

  /** The entry itself, and all that is in it. */
  *below(id: NodeId): Iterable<AncestorEntry> {
    const entry = this.#entries.get(id);
    if (entry !== undefined) yield entry;
    for (const child of this.children(id)) yield* this.below(child.id);
  }

  /** What had this inode on disk. */
  withInode(inode: bigint): AncestorEntry[] {
    return listOf(this.#byInode.get(inode)).flatMap((id) => this.#entries.get(id) ?? []);
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
    const rows = changes.map(({ id, entry }) =>
      this.#nodes.row(ANCESTOR_AREA, id, entry && encodeEntry(entry)),
    );
    const shown = new Map(changes.map(({ id, entry }) => [id, entry]));
    for (const { id, heads } of this.#left) {
      const now = [(shown.get(id) ?? this.#entries.get(id))?.heads, this.#remembered.get(id)];
      // It came back as it was, or may.
      if (!now.some((one) => one !== undefined && equalHeads(one, heads)))
        rows.push(this.#nodes.shownNoMore(id, heads));
    }
    this.#left = [];
    return rows;
  }

  /** The rows of these changes are durable. */
  took(changes: readonly AncestorChange[]): void {
    // All old places first: two entries may have exchanged theirs.
    for (const { id, entry } of changes) {
      const old = this.#entries.get(id);
      if (old !== undefined && !equalHeads(old.heads, entry?.heads ?? NO_HEADS)) this.#left.push(old);
      this.#forget(id);
    }
    for (const { id, entry } of changes) {
      if (entry === undefined) continue;
      this.#entries.set(id, entry);
      if (entry.kind === 'directory') this.#directories += 1;
      addTo(this.#byInode, entry.inode, id);
      let siblings = this.#children.get(entry.parent);
      if (siblings === undefined) this.#children.set(entry.parent, (siblings = new Map()));
      addTo(siblings, entry.name, id);
    }
  }

  /** A file that is not here any more may come back, shown at these heads. */
  remember({ id, heads }: AncestorEntry): void {
    this.#remembered.set(id, heads);
  }

  /** Whether a file is shown, or may be again, as it was before these heads. */
  isShownBefore(id: NodeId, heads: Heads): boolean {
    const shown = [this.#entries.get(id)?.heads, this.#remembered.get(id)];
    return shown.some((each) => each !== undefined && !covers(each, heads));
  }

  /** It does not come back, or has. */
  remembersNoMore(id: NodeId): void {
    const heads = this.#remembered.get(id);
    if (heads === undefined) return;
    this.#remembered.delete(id);
    this.#left.push({ id, heads });
  }

  /** Rows come by id: of several at one name the one whose stat changed last came there last, as far as clocks tell. */
  #orderByTime(): void {
    const came = (id: NodeId): bigint => this.#entries.get(id)?.ctime ?? 0n;
    for (const siblings of this.#children.values())
      for (const ids of siblings.values())
        if (typeof ids !== 'string') ids.sort((a, b) => Number(came(a) - came(b)));
  }

  #forget(id: NodeId): void {
    const old = this.#entries.get(id);
    if (old === undefined) return;
    this.#entries.delete(id);
    if (old.kind === 'directory') {
      this.#directories -= 1;
      this.#moves += 1;
    }
    takeFrom(this.#byInode, old.inode, id);
    const siblings = this.#children.get(old.parent);
    if (siblings === undefined) return;
    takeFrom(siblings, old.name, id);
    if (siblings.size === 0) this.#children.delete(old.parent);
  }
}

/** One id alone costs no array: a tree has many. */
const listOf = (ids: NodeId | NodeId[] | undefined): NodeId[] =>
  ids === undefined ? [] : typeof ids === 'string' ? [ids] : ids;

function addTo<Key>(map: Map<Key, NodeId | NodeId[]>, key: Key, id: NodeId): void {
  const others = map.get(key);
  map.set(key, others === undefined ? id : [...listOf(others), id]);
}

function takeFrom<Key>(map: Map<Key, NodeId | NodeId[]>, key: Key, id: NodeId): void {
  const left = listOf(map.get(key)).filter((other) => other !== id);
  if (left.length === 0) map.delete(key);
  else map.set(key, left.length === 1 ? (left[0] as NodeId) : left);
}
