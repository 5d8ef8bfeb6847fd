/**
 * What has just gone from the disk, by inode. Watchers tell of the two directories of a move one after the other, and of one
 * that is not watched they tell nothing: then what was moved counts as removed before it is found. It comes back as itself,
 * and whatever others did to it meanwhile is done to one file, not to one of two.
 */
import type { Clock, NodeId } from '@evermesh/core';
import type { AncestorEntry } from './ancestor.ts';
import type { FileStat } from './fs/file-system.ts';

/** Milliseconds: longer than any look takes to come that somebody waits for. */
const KEPT_FOR = 120_000;

export class Departed {
  readonly #clock: Clock;
  readonly #left = new Map<NodeId, { readonly entry: AncestorEntry; readonly since: number }>();
  readonly #byInode = new Map<bigint, Set<NodeId>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(entries: Iterable<AncestorEntry>): void {
    const since = this.#clock.now();
    this.#forgetOld(since);
    for (const entry of entries) {
      // Without a time of birth an inode may be one that was used again.
      if (entry.born === 0n) continue;
      this.#forget(entry.id);
      this.#left.set(entry.id, { entry, since });
      const ids = this.#byInode.get(entry.inode);
      if (ids === undefined) this.#byInode.set(entry.inode, new Set([entry.id]));
      else ids.add(entry.id);
    }
  }

  /** What this inode was when it was here last. */
  withInode({ inode, born }: Pick<FileStat, 'inode' | 'born'>): AncestorEntry[] {
    return [...(this.#byInode.get(inode) ?? [])].flatMap((id) => {
      const entry = this.#left.get(id)?.entry;
      return entry?.born === born ? entry : [];
    });
  }

  /** In the order in which they left. */
  #forgetOld(now: number): void {
    for (const [id, { since }] of this.#left) {
      if (now - since < KEPT_FOR) return;
      this.#forget(id);
    }
  }

  #forget(id: NodeId): void {
    const entry = this.#left.get(id)?.entry;
    if (entry === undefined) return;
    this.#left.delete(id);
    const ids = this.#byInode.get(entry.inode);
    ids?.delete(id);
    if (ids?.size === 0) this.#byInode.delete(entry.inode);
  }
}
