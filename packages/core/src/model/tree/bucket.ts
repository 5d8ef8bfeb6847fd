/**
 * What one shown directory contains: visible nodes by the key of their name. Several nodes may have one key. Directories
 * among them are united under the earliest; a file has the key for itself, or shows another name.
 */
import { nameKey } from './names.ts';

/** Nodes of one key. Most keys have one node, which then stands for its group. */
class Group<Node> {
  readonly members: Set<Node>;
  holder: Node;

  constructor(first: Node, second: Node) {
    this.members = new Set([first, second]);
    this.holder = first;
  }
}

export class Bucket<Node extends object> {
  /** The directory, under the identity it is shown with. */
  readonly owner: Node;
  readonly #precedes: (a: Node, b: Node) => boolean;
  readonly #groups = new Map<string, Node | Group<Node>>();
  /** Nodes shown under another name, by its key. */
  readonly #alternatives = new Map<string, Node>();
  /** Files whose name is another node's here. */
  readonly losers: Set<Node> = new Set();
  /** Losers whose first alternative is taken here too: what they show depends on who else is here. */
  readonly entangled: Set<Node> = new Set();

  /** `precedes` tells which of two nodes of one key is shown under it. */
  constructor(owner: Node, precedes: (a: Node, b: Node) => boolean) {
    this.owner = owner;
    this.#precedes = precedes;
  }

  add(node: Node, key: string): void {
    const group = this.#groups.get(key);
    if (group === undefined) this.#groups.set(key, node);
    else if (group instanceof Group) group.members.add(node);
    else if (group !== node) this.#groups.set(key, new Group(group, node));
  }

  delete(node: Node, key: string): void {
    const group = this.#groups.get(key);
    if (group === node) this.#groups.delete(key);
    if (!(group instanceof Group)) return;
    group.members.delete(node);
    const [only, another] = group.members;
    if (only !== undefined && another === undefined) this.#groups.set(key, only);
  }

  members(key: string): Iterable<Node> {
    const group = this.#groups.get(key);
    if (group === undefined) return [];
    return group instanceof Group ? group.members : [group];
  }

  /** Decides anew who is shown under this key. */
  elect(key: string): Node | undefined {
    const group = this.#groups.get(key);
    if (!(group instanceof Group)) return group;
    let best: Node | undefined;
    for (const node of group.members) if (best === undefined || this.#precedes(node, best)) best = node;
    group.holder = best as Node;
    return best;
  }

  /** Whoever is shown under this key. */
  at(key: string): Node | undefined {
    return this.#holder(this.#groups.get(key)) ?? this.#alternatives.get(key);
  }

  /** Everything shown in here. */
  *shown(): Generator<Node> {
    for (const group of this.#groups.values()) yield this.#holder(group) as Node;
    yield* this.#alternatives.values();
  }

  /** Everything listed in here, members of united directories included. */
  *listed(): Generator<Node> {
    for (const key of this.#groups.keys()) yield* this.members(key);
  }

  withdrawAlternatives(): void {
    this.#alternatives.clear();
    this.entangled.clear();
  }

  /** Whether `name` is free to be shown for `node`, which then has it. */
  claimAlternative(name: string, node: Node): boolean {
    const key = nameKey(name);
    if (this.#groups.has(key) || this.#alternatives.has(key)) return false;
    this.#alternatives.set(key, node);
    return true;
  }

  #holder(group: Node | Group<Node> | undefined): Node | undefined {
    return group instanceof Group ? group.holder : group;
  }
}
