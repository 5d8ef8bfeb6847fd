/**
 * What has just gone from the disk, by inode. Watchers tell of the two directories of a move one after the other, and of one
 * that is not watched they tell nothing: then what was moved counts as removed before it is found. It comes back as itself,
 * and whatever others did to it meanwhile is done to one file, not to one of two. Kept in the store: a mirror may die in
 * between.
 */
import type { Clock, FolderNodes, NodeId } from '@evermesh/core';
import { storedRow } from '@evermesh/core/log';
import type { Ancestor } from './ancestor.ts';
import { type AncestorEntry, decodeEntry, encodeEntry } from './ancestor-entry.ts';
import type { FileStat } from './fs/file-system.ts';
import type { ContentStep, StructureStep } from './reconcile-model.ts';

const AREA = 'mirror-departed';
/** Milliseconds: longer than any look takes to come that somebody waits for. */
const KEPT_FOR = 120_000;

type Row = ReturnType<FolderNodes['row']>;

interface Left {
  readonly entry: AncestorEntry;
  readonly since: number;
  /** It was looked for everywhere. */
  isSought: boolean;
}

/** What is known of a look that missed something. */
export interface Look {
  /** It was one at everything. */
  readonly isFull: boolean;
  /** Nothing is known to be where it cannot be looked at. */
  readonly isComplete: boolean;
  readonly found: ReadonlySet<NodeId>;
}

/** What is missed without one says nothing of what left before. */
const NO_LOOK: Look = { isFull: false, isComplete: false, found: new Set() };

export class Departed {
  readonly #nodes: Pick<FolderNodes, 'row' | 'keep'>;
  readonly #ancestor: Pick<Ancestor, 'remember' | 'remembersNoMore'>;
  readonly #clock: Clock;
  readonly #left = new Map<NodeId, Left>();
  readonly #byInode = new Map<bigint, Set<NodeId>>();

  /** @param ancestor keeps what the disk showed of them for as long as they are remembered here */
  constructor(
    nodes: Pick<FolderNodes, 'row' | 'keep'>,
    ancestor: Pick<Ancestor, 'remember' | 'remembersNoMore'>,
    clock: Clock,
  ) {
    this.#nodes = nodes;
    this.#ancestor = ancestor;
    this.#clock = clock;
  }

  static async load(nodes: FolderNodes, ancestor: Ancestor, clock: Clock): Promise<Departed> {
    const departed = new Departed(nodes, ancestor, clock);
    const now = clock.now();
    for await (const [key, value] of nodes.rows(AREA)) {
      const entry = storedRow(key, value, (reader) => decodeEntry(key as NodeId, reader));
      departed.#add(entry, now);
    }
    return departed;
  }

  /**
   * These were missed, by a look or by who was to remove them; durable when it resolves. What left before is nowhere if a look at
   * everything that is complete does not find it. If it does, the folder may still refuse it the place where it is: then there is another look.
   */
  async missed(
    entries: readonly AncestorEntry[],
    { isFull, isComplete, found }: Look = NO_LOOK,
  ): Promise<void> {
    const now = this.#clock.now();
    const rows = new Map<NodeId, Row>();
    for (const [id, left] of this.#left) {
      const isOld = now - left.since >= KEPT_FOR;
      // In the order in which they left.
      if (!isFull && !isOld) break;
      const isOver = isOld || left.isSought || !found.has(id);
      left.isSought ||= isFull;
      if (!isComplete || !isOver) continue;
      this.#forget(id);
      rows.set(id, this.#nodes.row(AREA, id));
    }
    for (const entry of entries) {
      // Without a time of birth an inode may be one that was used again.
      if (entry.born === 0n) continue;
      this.#add(entry, now);
      rows.set(entry.id, this.#nodes.row(AREA, entry.id, encodeEntry(entry)));
    }
    if (rows.size > 0) await this.#nodes.keep([...rows.values()]);
  }

  /** Those that are here again are missed no more; durable when it resolves. */
  async came(isHere: (id: NodeId) => boolean): Promise<void> {
    const rows: Row[] = [];
    for (const [id, { isSought }] of this.#left) {
      if (!isSought || !isHere(id)) continue;
      this.#forget(id);
      rows.push(this.#nodes.row(AREA, id));
    }
    if (rows.length > 0) await this.#nodes.keep(rows);
  }

  /** Whether it was looked for everywhere, and may be where it cannot be looked at. */
  isHidden(id: NodeId): boolean {
    return this.#left.get(id)?.isSought === true;
  }

  /** Whether one of these would be written anew. */
  isAmong(steps: readonly (StructureStep | ContentStep)[]): boolean {
    return steps.some((step) => 'node' in step && this.#left.has(step.node.id));
  }

  /** What this inode was when it was here last. */
  withInode({ inode, born }: Pick<FileStat, 'inode' | 'born'>): AncestorEntry[] {
    return [...(this.#byInode.get(inode) ?? [])].flatMap((id) => {
      const entry = this.#left.get(id)?.entry;
      return entry?.born === born ? entry : [];
    });
  }

  #add(entry: AncestorEntry, since: number): void {
    this.#forget(entry.id);
    this.#ancestor.remember(entry);
    this.#left.set(entry.id, { entry, since, isSought: false });
    const ids = this.#byInode.get(entry.inode);
    if (ids === undefined) this.#byInode.set(entry.inode, new Set([entry.id]));
    else ids.add(entry.id);
  }

  #forget(id: NodeId): void {
    const entry = this.#left.get(id)?.entry;
    if (entry === undefined) return;
    this.#left.delete(id);
    this.#ancestor.remembersNoMore(id);
    const ids = this.#byInode.get(entry.inode);
    ids?.delete(id);
    if (ids?.size === 0) this.#byInode.delete(entry.inode);
  }
}
