/**
 * What was done on disk since both sides agreed, as steps on nodes in an order in which they can be done. Pure: it reads
 * no content, so what a file holds is left open until its step is done.
 */
import { type FolderNodes, type NodeId, ROOT, type ShownNode } from '@evermesh/core';
import { equalHeads } from '@evermesh/core/protocol';
import type { AncestorEntry } from './ancestor.ts';
import { sameStat } from './disk.ts';
import type { Match } from './match-disk.ts';
import { isShownAs } from './names.ts';
import { orderSteps, type PlaceStep } from './place-steps.ts';
import { Siblings } from './siblings.ts';

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
  readonly nodes: Pick<FolderNodes, 'node' | 'children' | 'headsOf' | 'nameKey'>;
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
    const isApart = node !== undefined && this.#isWithin(match, node.id);
    if (known !== undefined && node !== undefined && !isApart) {
      this.#ids.set(match, known.id);
      this.#existing(match, known, node, parent);
      return;
    }
    // Removed elsewhere, and made here by somebody who had not seen that: what was in it before is no part of what he made.
    const isAnew = known !== undefined && node === undefined && isMadeAnew(match, known);
    const there = this.#siblings.at(parent, name);
    const isOther =
      there?.kind === 'directory' && isShownAs(name, there.name) && !this.#findings.isHere(there.id);
    if (known !== undefined && !isApart && !isAnew) {
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

  /** Whether a directory above is shown as this node. */
  #isWithin({ parent }: Match, id: NodeId): boolean {
    const above = parent && this.#ids.get(parent);
    if (parent === undefined || above === undefined) return false;
    return this.#findings.nodes.node(above)?.id === id || this.#isWithin(parent, id);
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

/** Whether another directory stands where this one was, as far as its time of birth tells: an inode may be one that was used again. */
const isMadeAnew = ({ disk: { stat } }: Match, known: AncestorEntry): boolean =>
  stat.born !== known.born && stat.born !== 0n && known.born !== 0n;
