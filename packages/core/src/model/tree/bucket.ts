/**
 * What one shown directory contains: visible nodes by the key of their name. Several nodes may have one key. Directories
 * among them are united under the earliest; a file has the key for itself, or shows another name. However many share a key,
 * one that comes or goes costs a few steps.
 */
import { Alternatives, type Renamed } from './alternatives.ts';
import { FirstOf } from './first-of.ts';
import type { NameKey } from './names.ts';
import { compareStamps, type Stamp } from './stamp.ts';

/** What a bucket asks of a node. */
export interface Listed extends Renamed {
  readonly isDirectory: boolean;
  /** The stamp by which it has its name: the earlier one is shown under it. */
  readonly since: Stamp;
}

type Rank = Pick<Listed, 'id' | 'isDirectory' | 'since'>;

/** Who is shown under a name: a directory before a file; the directory made first; the file that came there first. */
function compareRanks(a: Rank, b: Rank): number {
  if (a.isDirectory !== b.isDirectory) return a.isDirectory ? -1 : 1;
  return compareStamps(a.since, b.since) || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

const rankOf = ({ id, isDirectory, since }: Listed): Rank => ({ id, isDirectory, since });

/** Nodes of one key. Most keys have one node, which then stands for its group. */
class Group<Node extends Listed> {
  readonly members: FirstOf<Node, Rank> = new FirstOf(compareRanks);
  readonly directories: Set<Node> = new Set();
  /** Who was shown under the key when it was last decided. */
  holder: Node;

  constructor(first: Node) {
    this.holder = first;
    this.put(first);
  }

  put(node: Node): void {
    this.members.put(node, rankOf(node));
    if (node.isDirectory) this.directories.add(node);
    else this.directories.delete(node);
  }

  delete(node: Node): void {
    this.members.delete(node);
    this.directories.delete(node);
  }
}

export class Bucket<Node extends Listed> {
  /** The directory, under the identity it is shown with. */
  readonly owner: Node;
  readonly #nameKey: NameKey;
  readonly #groups = new Map<string, Node | Group<Node>>();
  /** Only where somebody ever needed one. */
  #alternatives: Alternatives<Node> | undefined;

  constructor(owner: Node, nameKey: NameKey) {
    this.owner = owner;
    this.#nameKey = nameKey;
  }

  /** Lists a node; or says that it may come before others of its key now, or behind them. Answers whether others have to be asked. */
  put(node: Node, key: string): boolean {
    const group = this.#groups.get(key);
    if (group === node) return false;
    if (group === undefined) {
      this.#groups.set(key, node);
      this.#alternatives?.changed(key);
      return false;
    }
    const all = group instanceof Group ? group : new Group(group);
    this.#groups.set(key, all);
    all.put(node);
    return true;
  }

  delete(node: Node, key: string): void {
    this.#alternatives?.leaves(node);
    const group = this.#groups.get(key);
    if (group instanceof Group) group.delete(node);
    if (group !== node && !(group instanceof Group && group.members.size === 0)) return;
    this.#groups.delete(key);
    this.#alternatives?.changed(key);
  }

  members(key: string): Iterable<Node> {
    const group = this.#groups.get(key);
    if (group === undefined) return [];
    return group instanceof Group ? group.members.items() : [group];
  }

  /** Of the nodes of this key, those that are directories. */
  directories(key: string): Iterable<Node> {
    const group = this.#groups.get(key);
    if (group instanceof Group) return group.directories;
    return group?.isDirectory === true ? [group] : [];
  }

  /**
   * Decides anew who is shown under this key, after these came or changed. Answers who may look different for it: of the others
   * none does, unless they are directories that are shown as another one now.
   */
  elect(key: string, changed: Iterable<Node>): Set<Node> {
    const concerned = new Set<Node>();
    const group = this.#groups.get(key);
    const isListed = (node: Node): boolean =>
      group === node || (group instanceof Group && group.members.has(node));
    for (const node of changed) if (isListed(node)) concerned.add(node);
    const holder = group instanceof Group ? group.members.first : group;
    if (holder !== undefined) concerned.add(holder);
    if (group instanceof Group && group.holder !== holder) {
      if (isListed(group.holder)) concerned.add(group.holder);
      for (const directory of group.directories) concerned.add(directory);
      group.holder = holder as Node;
    }
    for (const node of concerned) {
      if (!node.isDirectory && node !== holder) this.#needed().needs(node);
      else this.#alternatives?.leaves(node);
    }
    return concerned;
  }

  /** Whoever is shown under this key. */
  at(key: string): Node | undefined {
    return this.#holder(this.#groups.get(key)) ?? this.#alternatives?.at(key);
  }

  /** Everything shown in here. */
  *shown(): Generator<Node> {
    for (const group of this.#groups.values()) yield this.#holder(group) as Node;
    if (this.#alternatives !== undefined) yield* this.#alternatives.shown();
  }

  /** Everything listed in here, members of united directories included. */
  *listed(): Generator<Node> {
    for (const key of this.#groups.keys()) yield* this.members(key);
  }

  /** Losers whose first alternative is taken here too: what they show depends on who else is here. */
  entangled(): Iterable<Node> {
    return this.#alternatives?.entangled() ?? [];
  }

  /** Finds names for those whose own is another's. Answers who shows another than before. */
  settleNames(): readonly Node[] {
    return this.#alternatives?.settle() ?? [];
  }

  #needed(): Alternatives<Node> {
    this.#alternatives ??= new Alternatives((key) => this.#groups.has(key), this.#nameKey);
    return this.#alternatives;
  }

  #holder(group: Node | Group<Node> | undefined): Node | undefined {
    return group instanceof Group ? group.holder : group;
  }
}
