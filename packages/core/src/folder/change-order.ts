/**
 * Net changes of a tree as a sequence of steps that a file system can follow, each from the state that the one before left: a parent
 * is there before what is in it, a name is free before it is given, and a directory is empty before it goes.
 *
 * What can go goes first, the deepest first. Then each node takes its place, from the root downwards: where it goes is final by then. If
 * another still has the name, which is going to leave it, that one is put aside under a name of its own in the same directory:
 * so two that exchange names take three steps. Removed directories that held what others were to take out go last.
 */
import type { NodeId } from '../base/index.ts';
import { type FolderTree, ROOT, type TreeChange } from '../model/index.ts';

export interface ChangeStep {
  readonly type: 'appears' | 'moves' | 'goes';
  readonly id: NodeId;
  readonly path: string;
  /** Of what moves: where it was. */
  readonly from?: string;
  readonly isAside?: boolean;
}

/** @param tree as it is after the changes */
export function inOrder(changes: readonly TreeChange[], tree: FolderTree): ChangeStep[] {
  return new Sequence(changes, tree).steps;
}

interface Place {
  readonly parent: NodeId;
  readonly name: string;
}

class Sequence {
  readonly steps: ChangeStep[] = [];
  readonly #tree: FolderTree;
  /** Where changed nodes are at this point. All others are where they stay. */
  readonly #places = new Map<NodeId, Place | undefined>();
  readonly #byName = new Map<string, NodeId>();
  /** How many of the changed nodes are in each directory. */
  readonly #inside = new Map<NodeId, number>();

  constructor(changes: readonly TreeChange[], tree: FolderTree) {
    this.#tree = tree;
    const moving = changes.filter(({ before, after }) => !isSamePlace(before, after));
    for (const { id, before } of moving) this.#put(id, before);
    // Changes come in this order: what is gone, the deepest first; then directories before what is in them.
    const gone = moving.filter(({ after }) => after === undefined).map(({ id }) => id);
    const late = gone.filter((id) => !this.#remove(id));
    for (const { id, after } of moving) if (after !== undefined) this.#take(id, after);
    for (const id of late) this.#remove(id);
  }

  /** Answers whether it could go. */
  #remove(id: NodeId): boolean {
    if ((this.#inside.get(id) ?? 0) > 0) return false;
    if (this.#places.get(id) === undefined) return true;
    this.steps.push({ type: 'goes', id, path: this.#pathOf(id) });
    this.#put(id, undefined);
    return true;
  }

  #take(id: NodeId, { parent, name }: Place): void {
    const holder = this.#byName.get(this.#keyOf(parent, name));
    if (holder !== undefined && holder !== id && !this.#canGo(holder))
      this.#move(holder, { parent, name: this.#nameAside(holder, parent) }, true);
    if (this.#places.get(id) !== undefined) return this.#move(id, { parent, name }, false);
    this.#put(id, { parent, name });
    this.steps.push({ type: 'appears', id, path: this.#pathOf(id) });
  }

  /** A removed directory that has become empty makes room at once. */
  #canGo(id: NodeId): boolean {
    return this.#tree.node(id)?.id !== id && this.#remove(id);
  }

  #move(id: NodeId, place: Place, isAside: boolean): void {
    const from = this.#pathOf(id);
    this.#put(id, place);
    const step = { type: 'moves', id, path: this.#pathOf(id), from } as const;
    this.steps.push(isAside ? { ...step, isAside } : step);
  }

  #put(id: NodeId, place: Place | undefined): void {
    const before = this.#places.get(id);
    if (before !== undefined) {
      this.#byName.delete(this.#keyOf(before.parent, before.name));
      this.#inside.set(before.parent, (this.#inside.get(before.parent) ?? 0) - 1);
    }
    this.#places.set(id, place && { parent: place.parent, name: place.name });
    if (place === undefined) return;
    this.#byName.set(this.#keyOf(place.parent, place.name), id);
    this.#inside.set(place.parent, (this.#inside.get(place.parent) ?? 0) + 1);
  }

  #nameAside(id: NodeId, parent: NodeId): string {
    let name = `.evermesh-aside-${id}`;
    while (this.#byName.has(this.#keyOf(parent, name)) || this.#tree.childByKey(parent, name) !== undefined)
      name += '~';
    return name;
  }

  #keyOf(parent: NodeId, name: string): string {
    return `${parent}/${this.#tree.nameKey(name)}`;
  }

  #pathOf(id: NodeId): string {
    const names: string[] = [];
    for (let at = id; at !== ROOT;) {
      const place: Place | undefined = this.#places.get(at) ?? this.#tree.node(at);
      const { name, parent } = place as Place;
      names.push(name);
      at = parent;
    }
    return names.reverse().join('/');
  }
}

const isSamePlace = (a: Place | undefined, b: Place | undefined): boolean =>
  a === b || (a !== undefined && b !== undefined && a.parent === b.parent && a.name === b.name);
