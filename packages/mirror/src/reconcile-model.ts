/**
 * What the folder shows otherwise than the ancestor, as steps on disk in an order in which they can be done. Pure.
 * Contents come last: by then every directory stands where it belongs.
 */
import type { FolderNodes, NodeId, ShownNode } from '@evermesh/core';
import { ROOT } from '@evermesh/core';
import { portableKey } from '@evermesh/core/model';
import { equalHeads } from '@evermesh/core/protocol';
import type { Ancestor, AncestorEntry } from './ancestor.ts';
import { isShownAs } from './names.ts';
import { firstToLeave, placeOrder, type Wait } from './place-order.ts';

export type StructureStep =
  | { readonly type: 'make'; readonly node: ShownNode }
  | {
      readonly type: 'move';
      readonly node: ShownNode;
      readonly entry: AncestorEntry;
      readonly name: string;
      /** Removed, and this takes its place without a moment in between. */
      readonly replaces: AncestorEntry | undefined;
    }
  /** Out of the way for a moment, so that two can exchange their places. */
  | { readonly type: 'aside'; readonly entry: AncestorEntry }
  | { readonly type: 'remove'; readonly entry: AncestorEntry };

export interface ContentStep {
  readonly node: ShownNode;
  /** What the disk has of it. */
  readonly entry: AncestorEntry | undefined;
  readonly replaces: AncestorEntry | undefined;
}

export interface ModelPlan {
  /** Directories that are shown as another one now: the same on disk, under another identity. */
  readonly united: readonly { readonly from: AncestorEntry; readonly to: NodeId }[];
  readonly structure: readonly StructureStep[];
  readonly contents: readonly ContentStep[];
  readonly executables: readonly { readonly node: ShownNode; readonly entry: AncestorEntry }[];
  /** Not written, because they may be on the disk where it cannot be looked at. */
  readonly hidden: readonly NodeId[];
}

export interface ModelFindings {
  readonly nodes: Pick<FolderNodes, 'node' | 'all' | 'headsOf' | 'pathOf'>;
  readonly ancestor: Ancestor;
  /** Why something is not synced on this disk, if it is not. */
  ignored(path: string, isDirectory: boolean): string | undefined;
  /** Whether it was on the disk, was missed, and may be where it cannot be looked at. */
  isHidden(id: NodeId): boolean;
}

/** @param ids nodes that may differ, or `'all'` */
export function reconcileModel(findings: ModelFindings, ids: Iterable<NodeId> | 'all'): ModelPlan {
  return new ModelReconciler(findings).run(ids);
}

type Move = Extract<StructureStep, { type: 'move' }>;

class ModelReconciler {
  readonly #findings: ModelFindings;
  readonly #seen = new Set<NodeId>();
  readonly #united = new Map<NodeId, AncestorEntry>();
  readonly #makes = new Map<NodeId, StructureStep>();
  readonly #moves = new Map<NodeId, Move>();
  readonly #removes = new Map<NodeId, Extract<StructureStep, { type: 'remove' }>>();
  #contents: ContentStep[] = [];
  readonly #executables: ModelPlan['executables'][number][] = [];
  readonly #hidden: NodeId[] = [];

  constructor(findings: ModelFindings) {
    this.#findings = findings;
  }

  run(ids: Iterable<NodeId> | 'all'): ModelPlan {
    const { nodes, ancestor } = this.#findings;
    const known = ids === 'all' ? [...ancestor.all()].map(({ id }) => id) : [...ids];
    // Before anything is looked at: a directory would count as missing otherwise where what is in it comes first.
    for (const id of known) this.#unite(id);
    for (const id of known) this.#look(id);
    if (ids === 'all') for (const { id } of nodes.all()) this.#look(id);
    this.#takePlaces();
    return {
      united: [...this.#united].map(([to, from]) => ({ from, to })),
      structure: this.#ordered(),
      contents: this.#contents,
      executables: this.#executables,
      hidden: this.#hidden,
    };
  }

  #look(id: NodeId): void {
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    const { nodes, ancestor } = this.#findings;
    const node = nodes.node(id);
    const entry = ancestor.get(id);
    if (node !== undefined && node.id === id) return this.#shown(node, entry ?? this.#united.get(id));
    if (entry === undefined) return;
    this.#unite(id);
    if (node !== undefined && this.#united.get(node.id) === entry) return this.#look(node.id);
    this.#removes.set(id, { type: 'remove', entry });
    // What was in it is gone as well, or shown elsewhere.
    for (const child of ancestor.children(id)) this.#look(child.id);
  }

  /** A directory that is shown as one of which the disk knows nothing is that one from now on; of several the first. */
  #unite(id: NodeId): void {
    const { nodes, ancestor } = this.#findings;
    const entry = ancestor.get(id);
    const node = entry && nodes.node(id);
    if (entry === undefined || node === undefined || node.id === id || this.#united.has(node.id)) return;
    if (ancestor.get(node.id) === undefined && !this.#seen.has(node.id)) this.#united.set(node.id, entry);
  }

  #shown(node: ShownNode, entry: AncestorEntry | undefined): void {
    const { nodes } = this.#findings;
    if (this.#isIgnored(node, entry)) return;
    // A directory comes before what is in it, whatever was asked for.
    if (node.parent !== ROOT) this.#look(node.parent);
    if (entry === undefined) {
      if (this.#findings.isHidden(node.id)) return void this.#hidden.push(node.id);
      this.#lookAt(node.parent, node.name);
      if (node.kind === 'directory') this.#makes.set(node.id, { type: 'make', node });
      else this.#contents.push({ node, entry, replaces: undefined });
      return;
    }
    const keepsName = isShownAs(entry.name, node.name);
    if (this.#parentOf(entry) !== node.parent || !keepsName) {
      const name = keepsName ? entry.name : node.name;
      this.#lookAt(node.parent, name);
      this.#moves.set(node.id, { type: 'move', node, entry, name, replaces: undefined });
    }
    if (node.kind === 'directory') return;
    if (!equalHeads(nodes.headsOf(node.id), entry.heads))
      this.#contents.push({ node, entry, replaces: undefined });
    if (node.kind === 'file' && node.executable !== entry.executable) this.#executables.push({ node, entry });
  }

  /** What stands where something comes to has to leave first, even if it was to leave before and could not. */
  #lookAt(parent: NodeId, name: string): void {
    const there = this.#findings.ancestor.child(parent, name);
    if (there !== undefined) this.#look(there.id);
  }

  /** Where an entry is, directories that are united taken as the one that is shown. */
  #parentOf({ parent }: AncestorEntry): NodeId {
    if (parent === ROOT) return parent;
    const shown = this.#findings.nodes.node(parent);
    return shown !== undefined && this.#united.get(shown.id)?.id === parent ? shown.id : parent;
  }

  #isIgnored(node: ShownNode, entry: AncestorEntry | undefined): boolean {
    const findings = this.#findings;
    const isDirectory = node.kind === 'directory';
    if (findings.ignored(findings.nodes.pathOf(node.id), isDirectory) !== undefined) return true;
    const path = entry && findings.ancestor.pathOf(entry.id);
    return path !== undefined && findings.ignored(path, isDirectory) !== undefined;
  }

  /** A file that comes to where one was removed takes its place at once. */
  #takePlaces(): void {
    const holder = (parent: NodeId, name: string): AncestorEntry | undefined => {
      const entry = this.#findings.ancestor.child(parent, name);
      const removed = entry !== undefined && entry.kind !== 'directory' && this.#removes.delete(entry.id);
      return removed ? entry : undefined;
    };
    this.#contents = this.#contents.map((step) =>
      step.entry === undefined ? { ...step, replaces: holder(step.node.parent, step.node.name) } : step,
    );
    for (const [id, move] of this.#moves) {
      if (move.node.kind === 'directory') continue;
      this.#moves.set(id, { ...move, replaces: holder(move.node.parent, move.name) });
    }
  }

  #ordered(): StructureStep[] {
    const { ancestor } = this.#findings;
    const stepOf = (id: NodeId): StructureStep | undefined => this.#moves.get(id) ?? this.#removes.get(id);
    const moves = this.#moves;
    const makes = this.#makes;
    const leavers = new Map<string, StructureStep[]>();
    for (const step of [...moves.values(), ...this.#removes.values()]) {
      const key = placeKey(step.entry.parent, step.entry.name);
      leavers.set(key, [...(leavers.get(key) ?? []), step]);
    }
    const parentOf = (id: NodeId): NodeId | undefined => ancestor.get(id)?.parent;
    const moveOf = (id: NodeId): Move | undefined => moves.get(id);
    function* waits(step: StructureStep): Iterable<Wait<StructureStep>> {
      if (step.type === 'aside') return;
      if (step.type === 'remove') {
        for (const { id } of ancestor.children(step.entry.id)) {
          const child = stepOf(id);
          if (child !== undefined) yield { step: child, until: 'left' };
        }
        return;
      }
      const parent = makes.get(step.node.parent) ?? moves.get(step.node.parent);
      if (parent !== undefined) yield { step: parent, until: 'arrived' };
      const above =
        step.type === 'move' ? firstToLeave(step.node.parent, step.node.id, parentOf, moveOf) : undefined;
      if (above !== undefined) yield { step: above, until: 'arrived' };
      const name = step.type === 'move' ? step.name : step.node.name;
      for (const leaver of leavers.get(placeKey(step.node.parent, name)) ?? [])
        yield { step: leaver, until: 'left' };
    }
    const aside = (step: StructureStep): StructureStep | undefined =>
      step.type === 'move' ? { type: 'aside', entry: step.entry } : undefined;
    return placeOrder([...makes.values(), ...moves.values(), ...this.#removes.values()], waits, aside);
  }
}

/** Some file systems take names for one that only differ in case or form. */
const placeKey = (parent: NodeId, name: string): string => `${parent}/${portableKey(name)}`;
