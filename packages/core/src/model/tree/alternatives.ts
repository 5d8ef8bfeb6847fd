/**
 * The names that files of one directory show instead of their own, which a sibling has. The rule: in the order of their ids, each
 * takes the first of its alternatives that nobody has. Only who is concerned looks for a name anew: who came, whose name was
 * taken, and who was refused a name that is free now. It can only push aside later ids, so going on in their order ends, and
 * finds what beginning anew would find.
 */
import { FirstOf } from './first-of.ts';
import { alternativeName, type NameKey } from './names.ts';

/** A file that shows, or looks for, another name than its own. */
export interface Renamed {
  readonly id: string;
  readonly ownName: string;
  /** The name shown instead of its own. */
  alternative: string | undefined;
}

const compareIds = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

export class Alternatives<Node extends Renamed> {
  /** Whether a node has this key for its own name. */
  readonly #isTaken: (key: string) => boolean;
  readonly #nameKey: NameKey;
  readonly #holders = new Map<string, Node>();
  /** By a key that they would have, the ones to whom it was refused. Nearly always nobody. */
  readonly #refused = new Map<string, Set<Node>>();
  /** The keys each one looked at; it has the last one. */
  readonly #tried = new Map<Node, readonly string[]>();
  readonly #unsettled = new FirstOf<Node, string>(compareIds);

  constructor(isTaken: (key: string) => boolean, nameKey: NameKey) {
    this.#isTaken = isTaken;
    this.#nameKey = nameKey;
  }

  at(key: string): Node | undefined {
    return this.#holders.get(key);
  }

  shown(): Iterable<Node> {
    return this.#holders.values();
  }

  /** Who could not have its first alternative: what these show depends on who else is here. */
  *entangled(): Generator<Node> {
    const seen = new Set<Node>();
    for (const refused of this.#refused.values())
      for (const node of refused) {
        if (!seen.has(node)) yield node;
        seen.add(node);
      }
  }

  /** It needs a name, or another one than before. */
  needs(node: Node): void {
    this.#unsettled.put(node, node.id);
  }

  /** It has its own name, or is here no more. */
  leaves(node: Node): void {
    this.#unsettled.delete(node);
    this.#release(node);
    node.alternative = undefined;
  }

  /** A node has this key for its own name now, or none has it any more. */
  changed(key: string): void {
    const holder = this.#holders.get(key);
    if (holder !== undefined) this.needs(holder);
    for (const node of this.#refused.get(key) ?? []) this.needs(node);
  }

  /** Finds the names of all that need one. Answers who shows another than before. */
  settle(): Node[] {
    const renamed: Node[] = [];
    for (let node = this.#unsettled.take(); node !== undefined; node = this.#unsettled.take()) {
      const before = node.alternative;
      this.#release(node);
      node.alternative = this.#find(node);
      if (node.alternative !== before) renamed.push(node);
    }
    return renamed;
  }

  #find(node: Node): string {
    const tried: string[] = [];
    this.#tried.set(node, tried);
    for (let attempt = 0; ; attempt++) {
      const name = alternativeName(node.ownName, node.id, attempt);
      const key = this.#nameKey(name);
      tried.push(key);
      const holder = this.#holders.get(key);
      if (this.#isTaken(key) || (holder !== undefined && holder.id < node.id)) {
        this.#refuse(key, node);
        continue;
      }
      if (holder !== undefined) this.needs(holder);
      this.#holders.set(key, node);
      return name;
    }
  }

  #refuse(key: string, node: Node): void {
    const refused = this.#refused.get(key);
    if (refused === undefined) this.#refused.set(key, new Set([node]));
    else refused.add(node);
  }

  /** Gives up what it has and waits for. Who was refused what is free now looks again. */
  #release(node: Node): void {
    for (const key of this.#tried.get(node) ?? []) {
      const refused = this.#refused.get(key);
      refused?.delete(node);
      if (refused?.size === 0) this.#refused.delete(key);
      if (this.#holders.get(key) !== node) continue;
      this.#holders.delete(key);
      for (const other of refused ?? []) this.needs(other);
    }
    this.#tried.delete(node);
  }
}
