/**
 * Which node each entry on disk is: pure, from stats alone. An inode with its time of birth is an identity.
 *
 * - A directory is where its inode is: nobody replaces one to save it.
 * - A file is where its path is, unless another known file stands there now. Editors save by writing a new file over
 *   the old one, and some move the old one aside first: the node stays with the name. Two files that exchanged their
 *   names, or one moved over another, are told by what stands at their old places.
 */
import { ROOT, type NodeId } from '@evermesh/core';
import type { Ancestor, AncestorEntry } from './ancestor.ts';
import type { Departed } from './departed.ts';
import { parentOf } from './disk.ts';
import type { FileStat } from './fs/file-system.ts';
import type { DiskDirectory, DiskEntry, DiskFile } from './scan.ts';

export interface Match {
  readonly disk: DiskEntry;
  readonly name: string;
  /** `undefined` for what stands in the root. */
  readonly parent: Match | undefined;
  /** The node it is, as it was on this disk last; `undefined` if it is new. */
  known: AncestorEntry | undefined;
  /** The file that had its name stands elsewhere now. */
  hasMovedOn: boolean;
}

export interface DiskMatches {
  /** All that the scan says something about, directories before what is in them. */
  readonly matches: readonly Match[];
  /** Known nodes that are certainly not there, directories before what was in them. */
  readonly missing: readonly AncestorEntry[];
  /** Directories to list before the rest can be told. */
  readonly unsure: ReadonlySet<string>;
}

export function matchDisk(ancestor: Ancestor, departed: Departed, root: DiskDirectory): DiskMatches {
  return new Matcher(ancestor, departed).run(root);
}

class Matcher {
  readonly #ancestor: Ancestor;
  readonly #departed: Departed;
  readonly #matches: Match[] = [];
  readonly #claimed = new Set<NodeId>();
  /** The directories on disk by the node they are. */
  readonly #directories = new Map<NodeId, DiskDirectory>();
  readonly #unsure = new Set<string>();
  readonly #seenDirectories = new Set<string>();
  #seenFiles: ReadonlySet<string> | undefined;

  constructor(ancestor: Ancestor, departed: Departed) {
    this.#ancestor = ancestor;
    this.#departed = departed;
  }

  run(root: DiskDirectory): DiskMatches {
    this.#noteDirectories(root);
    this.#directories.set(ROOT, root);
    this.#walk(root, undefined, ROOT);
    const files = this.#matches.filter(({ disk }) => disk.kind !== 'directory');
    for (const match of files) this.#stays(match);
    for (const match of files) if (match.known === undefined) this.#moved(match);
    for (const match of files) if (match.known === undefined) this.#replaced(match);
    return { matches: this.#matches, missing: this.#missing(), unsure: this.#unsure };
  }

  #noteDirectories(directory: DiskDirectory): void {
    this.#seenDirectories.add(identityOf(directory.stat));
    for (const entry of directory.entries.values())
      if (entry.kind === 'directory') this.#noteDirectories(entry);
  }

  #walk(directory: DiskDirectory, parent: Match | undefined, id: NodeId | undefined): void {
    for (const [name, disk] of directory.entries) {
      const match: Match = { disk, name, parent, known: undefined, hasMovedOn: false };
      this.#matches.push(match);
      if (disk.kind !== 'directory') continue;
      match.known = this.#directory(disk, id === undefined ? undefined : this.#ancestor.child(id, name));
      if (match.known !== undefined) {
        this.#claimed.add(match.known.id);
        this.#directories.set(match.known.id, disk);
      }
      this.#walk(disk, match, match.known?.id);
    }
  }

  #directory({ stat }: DiskDirectory, inPlace: AncestorEntry | undefined): AncestorEntry | undefined {
    const same =
      this.#sameInode(stat, 'directory').find(({ id }) => !this.#claimed.has(id)) ??
      this.#departedAs(stat, 'directory');
    if (same !== undefined) return same;
    // Made anew under the old name, as after `rm -r` and unpacking an archive.
    if (inPlace?.kind !== 'directory' || this.#claimed.has(inPlace.id)) return undefined;
    return this.#seenDirectories.has(identityOf(inPlace)) ? undefined : inPlace;
  }

  #stays(match: Match): void {
    const { kind, stat } = match.disk;
    const isSame = (entry: AncestorEntry): boolean =>
      entry.kind === kind && identityOf(entry) === identityOf(stat);
    const stays = this.#named(match).findLast(isSame);
    if (stays !== undefined) this.#claim(match, stays);
  }

  #moved(match: Match): void {
    // Without a time of birth an inode may be one that was used again: contents decide then, later.
    if (match.disk.stat.born === 0n) return;
    for (const known of this.#sameInode(match.disk.stat, match.disk.kind)) {
      if (!this.#claimed.has(known.id) && this.#hasLeft(known)) return this.#claim(match, known);
    }
    const departed = this.#departedAs(match.disk.stat, match.disk.kind);
    if (departed !== undefined) this.#claim(match, departed);
  }

  #replaced(match: Match): void {
    const inPlace = this.#named(match).at(-1);
    if (inPlace?.kind !== match.disk.kind || this.#claimed.has(inPlace.id)) return;
    this.#claim(match, inPlace);
    // Without a time of birth an inode may be one that was used again.
    match.hasMovedOn = inPlace.born !== 0n && this.#isSeen(inPlace);
  }

  /** Whether a file is anywhere that was looked at. Seldom asked. */
  #isSeen(file: AncestorEntry): boolean {
    this.#seenFiles ??= new Set(this.#matches.map(({ disk }) => identityOf(disk.stat)));
    return this.#seenFiles.has(identityOf(file));
  }

  #claim(match: Match, known: AncestorEntry): void {
    match.known = known;
    this.#claimed.add(known.id);
  }

  /** What was known by its name, the newest last. */
  #named({ parent, name }: Match): AncestorEntry[] {
    const id = parent === undefined ? ROOT : parent.known?.id;
    return id === undefined ? [] : this.#ancestor.named(id, name);
  }

  /**
   * Whether a file's old place is empty, or another known file stands there. Of a place that cannot be seen the inode decides: if the
   * file still has its name there as well, that is the second one, once it is seen.
   */
  #hasLeft(known: AncestorEntry): boolean {
    const directory = this.#directories.get(known.parent);
    if (directory === undefined || !directory.listed) {
      if (this.#isMissing(known.parent) || this.#isClosed(known.parent)) return true;
      const path = this.#ancestor.pathOf(known.id);
      if (path !== undefined && directory?.listed !== true) this.#unsure.add(parentOf(path));
      return false;
    }
    if (directory.withheld.has(known.name)) return false;
    const there = directory.entries.get(known.name);
    if (there === undefined || there.kind !== known.kind) return true;
    return this.#sameInode(there.stat, there.kind).some(({ id }) => id !== known.id);
  }

  /** Whether a directory, or one that it is in, cannot be listed. */
  #isClosed(id: NodeId): boolean {
    const parent = this.#ancestor.get(id)?.parent;
    return this.#directories.get(id)?.isClosed ?? (parent !== undefined && this.#isClosed(parent));
  }

  /** Whether a directory is certainly not on disk. */
  #isMissing(id: NodeId): boolean {
    const entry = this.#ancestor.get(id);
    if (entry === undefined || this.#directories.has(id)) return false;
    const parent = this.#directories.get(entry.parent);
    if (parent === undefined) return this.#isMissing(entry.parent);
    return parent.listed && !parent.withheld.has(entry.name);
  }

  #sameInode(stat: FileStat, kind: DiskEntry['kind']): AncestorEntry[] {
    return this.#ancestor
      .withInode(stat.inode)
      .filter((entry) => entry.kind === kind && entry.born === stat.born);
  }

  /** What counted as gone and turns up, unless it was written anew where it was. */
  #departedAs(stat: FileStat, kind: DiskEntry['kind']): AncestorEntry | undefined {
    return this.#departed
      .withInode(stat)
      .find(
        (entry) =>
          entry.kind === kind && !this.#claimed.has(entry.id) && this.#ancestor.get(entry.id) === undefined,
      );
  }

  #missing(): AncestorEntry[] {
    const missing: AncestorEntry[] = [];
    for (const [id, directory] of this.#directories) {
      if (!directory.listed) continue;
      for (const entry of this.#ancestor.children(id)) {
        if (!this.#claimed.has(entry.id) && !directory.withheld.has(entry.name)) missing.push(entry);
      }
    }
    // The list grows while it is read: what was in a missing directory is missing with it.
    for (const entry of missing) {
      for (const child of this.#ancestor.children(entry.id))
        if (!this.#claimed.has(child.id)) missing.push(child);
    }
    return missing;
  }
}

/** Of several new files, those that are missing ones under another name by their contents: moved without the inode. */
export function matchContents(
  fresh: readonly { readonly match: Match; readonly digest: string }[],
  missing: readonly AncestorEntry[],
): void {
  const byDigest = new Map<string, AncestorEntry[]>();
  for (const entry of missing) {
    // Every empty file has the same content: it says nothing.
    if (entry.kind === 'directory' || entry.size === 0) continue;
    byDigest.set(entry.digest, [...(byDigest.get(entry.digest) ?? []), entry]);
  }
  for (const { match, digest } of fresh) {
    const candidates = byDigest.get(digest)?.filter(({ kind }) => kind === match.disk.kind) ?? [];
    // Of several with the same bytes, the one that kept its name is the likeliest.
    const known = candidates.find(({ name }) => name === match.name) ?? candidates[0];
    if (known === undefined) continue;
    match.known = known;
    byDigest.set(
      digest,
      (byDigest.get(digest) as AncestorEntry[]).filter((entry) => entry !== known),
    );
  }
}

export const isNewFile = ({ disk, known }: Match): boolean =>
  disk.kind !== 'directory' && known === undefined;

export const asFile = (match: Match): DiskFile => match.disk as DiskFile;

export const identityOf = ({ inode, born }: { inode: bigint; born: bigint }): string => `${inode}:${born}`;
