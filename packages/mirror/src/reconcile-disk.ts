/**
 * What was done on disk since both sides agreed, as steps on nodes in an order in which they can be done. Pure: it reads
 * no content, so what a file holds is left open until its step is done.
 */
import { type FolderNodes, type NodeId, ROOT, type ShownNode } from '@evermesh/core';
import { equalHeads } from '@evermesh/core/protocol';
import type { AncestorEntry } from './ancestor.ts';
import { sameStat } from './disk.ts';
import type { Match } from './match-disk.ts';
import { besideName, isShownAs } from './names.ts';
import { placeOrder, type Wait } from './place-order.ts';
import { Siblings } from './siblings.ts';

/** A step that gives a node its place. */
export type PlaceStep =
  | {
      readonly type: 'make';
      readonly match: Match;
      readonly id: NodeId;
      readonly parent: NodeId;
      readonly name: string;
    }
  /** A file or link: its content decides whether it is a node that the folder has already. */
  | { readonly type: 'create'; readonly match: Match; readonly parent: NodeId }
  | {
      readonly type: 'place';
      readonly match: Match;
      readonly id: NodeId;
      readonly parent: NodeId;
      readonly name: string;
    }
  /** Out of the way: for a moment, so that two can exchange their names, or because another file stands there on disk. */
  | { readonly type: 'aside'; readonly id: NodeId; readonly parent: NodeId; readonly name: string }
  | { readonly type: 'remove'; readonly entry: AncestorEntry }
  /** What the disk showed of a file in conflict: another content takes its place. */
  | { readonly type: 'removeShown'; readonly entry: AncestorEntry };

export interface DiskPlan {
  readonly places: readonly PlaceStep[];
  /** Files the folder has, whose content may be another: their stat is, or says nothing. */
  readonly contents: readonly { readonly match: Match; readonly known: AncestorEntry }[];
  /** Where disk and folder agree, and the ancestor says otherwise: these entries' places, and the new ones of directories. */
  readonly agreed: readonly { readonly match: Match; readonly id: NodeId; readonly parent: NodeId }[];
  /** Directories that are other ones from now on: with what is in them and was not looked at. */
  readonly united: readonly { readonly from: AncestorEntry; readonly to: NodeId }[];
  /** The disk has them no more, and the folder neither, or with contents that this disk never showed. */
  readonly dropped: readonly AncestorEntry[];
  readonly executables: readonly { readonly match: Match; readonly known: AncestorEntry }[];
}

export interface DiskFindings {
  readonly matches: readonly Match[];
  /** Believed to be gone. */
  readonly missing: readonly AncestorEntry[];
  /** Of these, those that have another content beside the one that the disk showed. */
  readonly inConflict: ReadonlySet<NodeId>;
  readonly nodes: Pick<FolderNodes, 'node' | 'children' | 'headsOf'>;
  /** Whether a node is on this disk, as far as it was looked at before: what counted as gone is not. */
  isHere(id: NodeId): boolean;
  newDirectoryId(path: string): NodeId;
}

export function reconcileDisk(findings: DiskFindings): DiskPlan {
  return new DiskReconciler(findings).run();
}

class DiskReconciler {
  readonly #findings: DiskFindings;
  readonly #siblings: Siblings;
  readonly #ids = new Map<Match, NodeId>();
  /** Removed elsewhere while they were moved here: they come back with all that is in them. */
  readonly #returned = new Set<Match>();
  readonly #steps: PlaceStep[] = [];
  readonly #contents: DiskPlan['contents'][number][] = [];
  readonly #agreed: DiskPlan['agreed'][number][] = [];
  readonly #united: DiskPlan['united'][number][] = [];
  readonly #dropped: AncestorEntry[] = [];
  readonly #executables: DiskPlan['executables'][number][] = [];

  constructor(findings: DiskFindings) {
    this.#findings = findings;
    this.#siblings = new Siblings(findings.nodes);
  }

  run(): DiskPlan {
    const wanted = this.#wantedDirectories();
    for (const match of this.#findings.matches) {
      if (match.disk.kind === 'directory') this.#directory(match, wanted);
      else this.#file(match);
    }
    this.#remove();
    return {
      places: orderSteps(this.#steps, this.#findings.nodes),
      contents: this.#contents,
      agreed: this.#agreed,
      united: this.#united,
      dropped: this.#dropped,
      executables: this.#executables,
    };
  }

  /** Directories in which a person did something: if they were removed elsewhere meanwhile, they are made again. */
  #wantedDirectories(): Set<Match> {
    const wanted = new Set<Match>();
    for (const match of this.#findings.matches) {
      if (match.known !== undefined && (!this.#isTouched(match) || this.#isSaveOfRemoved(match))) continue;
      for (let at = match.parent; at !== undefined && !wanted.has(at); at = at.parent) wanted.add(at);
    }
    return wanted;
  }

  #isTouched(match: Match): boolean {
    const { disk, known } = match;
    if (known === undefined || this.#hasMoved(match, known)) return true;
    return disk.kind !== 'directory' && !sameStat(disk.stat, known);
  }

  /** Removed elsewhere, and saved here, as far as a stat tells, by somebody who had not seen that: it comes back. */
  #isSaveOfRemoved(match: Match): boolean {
    const { disk, known } = match;
    return (
      known !== undefined &&
      this.#findings.nodes.node(known.id) === undefined &&
      disk.kind !== 'directory' &&
      !this.#hasMoved(match, known) &&
      (known.racy || !sameStat(disk.stat, known))
    );
  }

  /** Whether somebody put it where it is. */
  #hasMoved(match: Match, known: AncestorEntry): boolean {
    return !isInPlace(match, known) || !this.#findings.isHere(known.id);
  }

  #directory(match: Match, wanted: ReadonlySet<Match>): void {
    const parent = this.#parentOf(match);
    if (parent === undefined) return;
    const { known, name } = match;
    const node = known && this.#findings.nodes.node(known.id);
    // Elsewhere it was united with the directory that it was moved into here: in there it is another one.
    const isApart = node !== undefined && this.#findings.nodes.node(parent)?.id === node.id;
    if (known !== undefined && node !== undefined && !isApart) {
      this.#ids.set(match, known.id);
      this.#existing(match, known, node, parent);
      return;
    }
    const there = this.#siblings.at(parent, name);
    const isOther =
      there?.kind === 'directory' && isShownAs(name, there.name) && !this.#findings.isHere(there.id);
    if (known !== undefined && !isApart) {
      const returns = this.#hasMoved(match, known) || this.#isReturned(match.parent);
      if (returns) this.#returned.add(match);
      else if (!wanted.has(match)) return this.#leave(match, known, parent);
      if (!isOther) return this.#place(match, known.id, parent);
    }
    const id = isOther ? there.id : this.#findings.newDirectoryId(match.disk.path);
    this.#ids.set(match, id);
    if (isOther) this.#agreed.push({ match, id, parent });
    else this.#steps.push({ type: 'make', match, id, parent, name });
    if (known === undefined) return;
    this.#dropped.push(known);
    this.#united.push({ from: known, to: id });
  }

  #file(match: Match): void {
    const parent = this.#parentOf(match);
    if (parent === undefined) return;
    const { known, disk } = match;
    const node = known && this.#findings.nodes.node(known.id);
    const isReturned = this.#isReturned(match.parent);
    if (known === undefined) this.#steps.push({ type: 'create', match, parent });
    else if (node !== undefined || this.#hasMoved(match, known) || isReturned) {
      if (node === undefined) this.#place(match, known.id, parent);
      else this.#existing(match, known, node, parent);
      if (known.racy || !sameStat(disk.stat, known)) this.#contents.push({ match, known });
      if (disk.kind === 'file' && disk.stat.executable !== known.executable)
        this.#executables.push({ match, known });
    } else if (this.#isSaveOfRemoved(match)) this.#contents.push({ match, known });
    else this.#leave(match, known, parent);
  }

  /** A node that both sides have: it may stand elsewhere on disk than it did. */
  #existing(match: Match, known: AncestorEntry, node: ShownNode, parent: NodeId): void {
    const { disk, name } = match;
    // Some file systems spell a name otherwise than it was given to them: that is nobody's rename.
    const isPlaced =
      known.parent === parent && isShownAs(name, known.name) && this.#findings.isHere(known.id);
    const isOther =
      disk.kind === 'directory' && (disk.stat.inode !== known.inode || disk.stat.born !== known.born);
    if (isPlaced && !isOther && known.name === name) return;
    const parentShown = parent === ROOT ? ROOT : (this.#findings.nodes.node(parent)?.id ?? parent);
    if (isPlaced || (node.parent === parentShown && isShownAs(name, node.name))) {
      this.#agreed.push({ match, id: known.id, parent });
    } else this.#place(match, known.id, parent);
  }

  /** Somebody put it there: if it was removed meanwhile, he had not seen that, and it comes back. */
  #place(match: Match, id: NodeId, parent: NodeId): void {
    if (match.disk.kind === 'directory') this.#ids.set(match, id);
    this.#steps.push({ type: 'place', match, id, parent, name: match.name });
  }

  /** Removed elsewhere and untouched here: it will go. Until then the ancestor knows where it is. */
  #leave(match: Match, known: AncestorEntry, parent: NodeId): void {
    if (match.disk.kind === 'directory') this.#ids.set(match, known.id);
    if (known.parent !== parent || known.name !== match.name)
      this.#agreed.push({ match, id: known.id, parent });
  }

  #remove(): void {
    const { nodes, missing, inConflict } = this.#findings;
    for (const entry of missing) {
      const node = nodes.node(entry.id);
      const isSeen = entry.kind === 'directory' || equalHeads(nodes.headsOf(entry.id), entry.heads);
      const type = inConflict.has(entry.id) ? 'removeShown' : 'remove';
      if (node?.id === entry.id && isSeen) this.#steps.push({ type, entry });
      else this.#dropped.push(entry);
    }
  }

  #isReturned(match: Match | undefined): boolean {
    return match !== undefined && this.#returned.has(match);
  }

  #parentOf({ parent }: Match): NodeId | undefined {
    return parent === undefined ? ROOT : this.#ids.get(parent);
  }
}

const isInPlace = ({ name, parent }: Match, known: AncestorEntry): boolean =>
  isShownAs(name, known.name) && known.parent === (parent === undefined ? ROOT : parent.known?.id);

type Nodes = DiskFindings['nodes'];

function orderSteps(steps: readonly PlaceStep[], nodes: Nodes): PlaceStep[] {
  const siblings = new Siblings(nodes);
  const arriving = new Map<NodeId, PlaceStep>();
  const leaving = new Map<NodeId, PlaceStep>();
  for (const step of steps) {
    if (step.type === 'make' || step.type === 'place') arriving.set(step.id, step);
    if (step.type === 'place') leaving.set(step.id, step);
    if (step.type === 'remove') leaving.set(step.entry.id, step);
  }
  const holderOf = (step: PlaceStep): NodeId | undefined =>
    step.type === 'make' || step.type === 'place' || step.type === 'create'
      ? siblings.at(step.parent, step.type === 'create' ? step.match.name : step.name)?.id
      : undefined;
  const wanted = new Set(steps.map(holderOf));
  const yielding: PlaceStep[] = [];
  for (const step of steps) {
    const node =
      step.type === 'removeShown' && wanted.has(step.entry.id) ? nodes.node(step.entry.id) : undefined;
    if (node === undefined) continue;
    const { id, parent, name } = node;
    const aside: PlaceStep = { type: 'aside', id, parent, name: besideName(name, hexOfId(id)) };
    leaving.set(id, aside);
    yielding.push(aside);
  }
  function* waits(step: PlaceStep): Iterable<Wait<PlaceStep>> {
    if (step.type === 'aside' || step.type === 'removeShown') return;
    if (step.type === 'remove') {
      // What moves out does so first: a directory goes with nothing in it but what goes too.
      if (step.entry.kind !== 'directory') return;
      for (const { id } of nodes.children(step.entry.id)) {
        const child = leaving.get(id);
        if (child !== undefined) yield { step: child, until: 'left' };
      }
      return;
    }
    const parent = arriving.get(step.parent);
    if (parent !== undefined) yield { step: parent, until: 'arrived' };
    const holder = holderOf(step);
    const leaver = holder === undefined ? undefined : leaving.get(holder);
    if (leaver !== undefined) yield { step: leaver, until: 'left' };
  }
  const aside = (step: PlaceStep): PlaceStep | undefined => {
    const node = step.type === 'place' ? nodes.node(step.id) : undefined;
    // In the root, for the directory that it leaves may go next.
    return node && { type: 'aside', id: node.id, parent: ROOT, name: `.evermesh-aside-${node.id}` };
  };
  const ordered = placeOrder([...yielding, ...steps], waits, aside);
  // A name that somebody has who stays: the node gets one beside it.
  return ordered.map((step) => {
    if (step.type !== 'make' && step.type !== 'place') return step;
    const holder = holderOf(step);
    if (holder === undefined || holder === step.id || leaving.has(holder)) return step;
    return { ...step, name: besideName(step.name, hexOf(step)) };
  });
}

/** What a name beside another is made from: a file's content, a directory's identity. */
function hexOf(step: Extract<PlaceStep, { type: 'make' | 'place' }>): string {
  const known = step.type === 'place' ? step.match.known?.digest : undefined;
  return known !== undefined && known !== '' ? known : hexOfId(step.id);
}

const hexOfId = (id: NodeId): string =>
  Array.from(id.slice(-6))
    .map((c) => c.charCodeAt(0).toString(16))
    .join('');
