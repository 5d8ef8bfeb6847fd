/**
 * What a cycle has to look at. Everything is taken out before it is read: what changes during the reading is there for
 * the next cycle.
 */
import type { NodeId } from '@evermesh/core';

export class ToDo {
  #directories: Set<string> | 'all' | undefined;
  #nodes: Set<NodeId> | 'all' | undefined;
  /** Nodes that could not be done, and may be when something else is. */
  readonly #later = new Set<NodeId>();
  /** What was found and not taken: looked at again after a while. */
  readonly #again = new Set<string>();
  /** What leaves the disk when another takes its place, by that other: if it does not come, this still has to go. */
  readonly #leaving = new Map<NodeId, NodeId>();
  /** Files on disk that wait for a node's content to arrive. */
  readonly #waiting = new Map<NodeId, string>();

  directories(dirty: Iterable<string> | 'all'): void {
    this.#directories = united(this.#directories, dirty);
  }

  nodes(stale: Iterable<NodeId> | 'all'): void {
    if (stale === 'all') {
      this.#nodes = 'all';
      return this.directories(this.#waiting.values());
    }
    const ids = [...stale];
    this.#nodes = united(this.#nodes, ids);
    this.directories(ids.flatMap((id) => this.#waiting.get(id) ?? []));
  }

  later(id: NodeId): void {
    this.#later.add(id);
  }

  /** `id` was to take the place of what is removed, and has not done so yet: whenever it is looked at, both are. */
  together(id: NodeId, removed: NodeId): void {
    this.#leaving.set(id, removed);
  }

  /** @param then is tried after that */
  again(directories: Iterable<string>, then?: NodeId): void {
    for (const directory of directories) this.#again.add(directory);
    if (then !== undefined) this.later(then);
  }

  waitFor(id: NodeId, directory: string): void {
    this.#waiting.set(id, directory);
  }

  /**
   * Whether a file on disk may be this node, whose content has come: that is looked at first. Spelled otherwise it would not be in
   * the way, and there twice.
   */
  looksFirst(id: NodeId): boolean {
    if (!this.#waiting.has(id)) return false;
    this.nodes([id]);
    return true;
  }

  /** Whether something can be done now. */
  get isAny(): boolean {
    return this.#directories !== undefined || this.#nodes !== undefined;
  }

  /** Whether everything on disk is to be looked at. */
  get isFull(): boolean {
    return this.#directories === 'all';
  }

  get hasDirectories(): boolean {
    return this.#directories !== undefined || this.hasAgain;
  }

  get hasAgain(): boolean {
    return this.#again.size > 0;
  }

  get hasLater(): boolean {
    return this.#later.size > 0;
  }

  get hasWaiting(): boolean {
    return this.#waiting.size > 0;
  }

  /** A while has passed: what was found and not taken can be looked at, and what waited for that be tried. */
  lookAgain(): void {
    this.directories(this.#again);
    this.#again.clear();
    this.tryLater();
  }

  /** A while has passed: what could not be done is tried. */
  tryLater(): void {
    this.nodes(this.#later);
  }

  takeDirectories(): ReadonlySet<string> | 'all' | undefined {
    const taken = this.#directories;
    this.#directories = undefined;
    if (taken === 'all') {
      this.#again.clear();
      this.#waiting.clear();
    } else if (taken !== undefined) {
      for (const directory of taken) this.#again.delete(directory);
      for (const [id, directory] of this.#waiting) if (taken.has(directory)) this.#waiting.delete(id);
    }
    return taken;
  }

  takeNodes(): ReadonlySet<NodeId> | 'all' | undefined {
    const taken = this.#nodes;
    if (taken === undefined) return undefined;
    this.#nodes = undefined;
    const all = united(taken, this.#later);
    this.#later.clear();
    if (all === 'all' || all === undefined) return all;
    return united(all, this.#leavingWith(all));
  }

  #leavingWith(ids: ReadonlySet<NodeId>): NodeId[] {
    return [...ids].flatMap((id) => {
      const removed = this.#leaving.get(id);
      this.#leaving.delete(id);
      return removed ?? [];
    });
  }
}

/** Both; without anything there is nothing to do. */
function united<Item>(
  known: Set<Item> | 'all' | undefined,
  more: Iterable<Item> | 'all',
): Set<Item> | 'all' | undefined {
  if (known === 'all' || more === 'all') return 'all';
  let both = known;
  for (const item of more) (both ??= new Set()).add(item);
  return both;
}
