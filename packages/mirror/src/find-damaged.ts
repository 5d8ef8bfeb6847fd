/**
 * After an unclean end a power cut may have taken contents back, and left names and times as they were: such a file is
 * damaged, and nobody's edit. What is there goes to the trash, and the folder's content is written again.
 */
import type { NodeId } from '@evermesh/core';
import type { AncestorChange, AncestorEntry } from './ancestor.ts';
import type { ApplyWorld } from './apply-world.ts';
import { sameStat } from './disk.ts';
import { codeOf, type FileStat, isOfDisk } from './fs/file-system.ts';
import type { Match } from './match-disk.ts';
import { digestOfFile } from './read-disk.ts';
import { LOOK_AGAIN } from './second-look.ts';

/** Nanoseconds before the newest change that the disk's caches may have lost in a power cut, generously. */
const UNSURE_TIME = 3_600_000_000_000n;

/** Nanoseconds in which a program that emptied a file writes to it. */
const SAVING = BigInt(LOOK_AGAIN.emptied) * 1_000_000n;

interface Damaged {
  readonly entry: AncestorEntry;
  readonly path: string;
  /** As it was when it was found. */
  readonly stat: FileStat;
}

export class DamageSearch {
  readonly #world: ApplyWorld;
  /** Of every change before it, the disk has all. */
  readonly #sureBefore: bigint;
  /** What was written after it, no power cut took back. */
  readonly #began: bigint;
  /** Files that could not be looked at, or decided on, yet. */
  #left: NodeId[] = [];
  readonly #undecided = new Set<NodeId>();

  /** @param now milliseconds since 1970 */
  constructor(world: ApplyWorld, now: number) {
    this.#world = world;
    this.#began = nanoseconds(now);
    let newest = 0n;
    for (const { id, kind, ctime } of world.ancestor.all()) {
      if (ctime > newest) newest = ctime;
      if (kind === 'file') this.#left.push(id);
    }
    this.#sureBefore = newest - UNSURE_TIME;
  }

  /**
   * Whether a file was empty when the mirror began, and a program may be saving it: if nothing comes, a power cut emptied it. Until
   * then that is nobody's save.
   */
  isUndecided(id: NodeId): boolean {
    return this.#undecided.has(id);
  }

  /** Every file was looked at. */
  get isOver(): boolean {
    return this.#left.length === 0;
  }

  /** Looks at the files that are left, as far as they can be read: the scan names those that cannot. */
  async look(): Promise<void> {
    const { ancestor } = this.#world;
    const damaged: Damaged[] = [];
    const left: NodeId[] = [];
    /** Directories of those: the rest of their files is not asked for. */
    const closed = new Set<NodeId>();
    this.#undecided.clear();
    for (const id of this.#left) {
      const entry = ancestor.get(id);
      const path = ancestor.pathOf(id);
      if (entry === undefined || path === undefined) continue;
      if (closed.has(entry.parent)) {
        left.push(id);
        continue;
      }
      try {
        const found = await this.#look(entry, path);
        if (found === 'undecided') this.#undecided.add(id);
        if (found === 'unreadable' || found === 'undecided') left.push(id);
        else if (found !== 'sound') damaged.push({ entry, path, stat: found });
      } catch (error) {
        if (!isOfDisk(error)) throw error;
        left.push(id);
        closed.add(entry.parent);
      }
    }
    this.#left = left;
    await this.#replace(damaged);
  }

  /** Answers the stat of what is damaged. */
  async #look(entry: AncestorEntry, path: string): Promise<FileStat | 'sound' | 'unreadable' | 'undecided'> {
    const { disk, ancestor, clock } = this.#world;
    const stat = await disk.lstat(path);
    if (stat?.kind !== 'file') return 'sound';
    if (sameStat(stat, entry) && entry.ctime < this.#sureBefore) return 'sound';
    // Another file that somebody moved there.
    const isOther = ancestor
      .withInode(stat.inode)
      .some(({ id, born }) => id !== entry.id && born === stat.born);
    if (isOther) return 'sound';
    const isAsOld = stat.mtime === entry.mtime;
    // Within the tick in which it was looked at, a save leaves the times as they are.
    if (!isAsOld || entry.racy) {
      // Some programs empty a file and then write to it: that goes on now, and is nobody's damage.
      const isEmptied = stat.size === 0 && entry.size > 0 && (isAsOld || stat.mtime < this.#began);
      if (!isEmptied) return 'sound';
      const isRecent = stat.mtime >= this.#began - SAVING;
      if (isRecent && nanoseconds(clock.now()) < this.#began + SAVING) return 'undecided';
    }
    const digest = await digestOfFile(disk, { kind: 'file', path, stat });
    if (digest === undefined) return 'unreadable';
    return digest === entry.digest ? 'sound' : stat;
  }

  /** Whether nobody has written to it since it was looked at: what is saved now is nobody's damage. */
  async #isStill({ path, stat }: Damaged): Promise<boolean> {
    const now = await this.#world.disk.lstat(path);
    return now !== undefined && sameStat(now, stat);
  }

  async #replace(found: readonly Damaged[]): Promise<void> {
    const { ancestor, nodes, trash } = this.#world;
    const damaged: Damaged[] = [];
    for (const one of found) if (await this.#isStill(one)) damaged.push(one);
    // The ancestor first: a file that is in it and not on disk would count as deleted after another crash.
    const changes = damaged.map(({ entry }): AncestorChange => ({ id: entry.id, entry: undefined }));
    if (changes.length > 0) await nodes.keep(ancestor.rows(changes));
    ancestor.took(changes);
    for (const one of damaged) {
      // Saved in this moment: it is kept as a file of its own.
      if (!(await this.#isStill(one))) continue;
      const { path } = one;
      const next = await trash.put(path).then(
        (kept) => `The folder's content is written again. What was found is in ${kept}.`,
        (error: unknown) => {
          if (!isOfDisk(error)) throw error;
          return `Move it elsewhere: the mirror cannot (${codeOf(error)}). The folder's content is written again then.`;
        },
      );
      this.#world.problem({
        path,
        code: 'FILE_DAMAGED',
        message:
          'Its content is not what was there before the last run ended, and nobody saved it: it was lost in a crash.',
        next,
      });
    }
  }
}

/**
 * What a power cut gave back is no newer than what was there: a person wrote what is. Nor did it come to its name later, in place
 * of the file that was there and is elsewhere now: a person put it there.
 */
export const mayBeGivenBack = (
  { hasMovedOn }: Pick<Match, 'hasMovedOn'>,
  known: AncestorEntry,
  stat: FileStat,
): boolean => stat.mtime <= known.mtime && !(hasMovedOn && stat.ctime > known.ctime);

const nanoseconds = (milliseconds: number): bigint => BigInt(Math.floor(milliseconds)) * 1_000_000n;
