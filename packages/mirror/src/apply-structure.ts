/** Makes, moves and removes on disk. Many steps share two commits: what is about to be done, and what was done. */
import type { NodeId } from '@evermesh/core';
import { NO_HEADS } from '@evermesh/core/protocol';
import type { AncestorChange, AncestorEntry, Row } from './ancestor.ts';
import { Aside } from './aside.ts';
import { type ApplyWorld, atPath, pathIn, restamped, syncDirectories } from './apply-world.ts';
import { joinPath, nameOf, parentOf } from './disk.ts';
import { codeOf, type FileStat } from './fs/file-system.ts';
import { isSystemJunk } from './ignore-rules.ts';
import type { MirrorEvent } from './mirror-event.ts';
import { whereIs } from './put-back.ts';
import type { StructureStep } from './reconcile-model.ts';
import { stepsWithRoom } from './steps-with-room.ts';
import { isAsKnown, letGo, overtaken, placeNew, placeOver } from './take-place.ts';

const BATCH = 512;

export async function applyStructure(
  steps: readonly StructureStep[],
  world: ApplyWorld,
  signal?: AbortSignal,
): Promise<number> {
  const structure = new Structure(world);
  try {
    for (let at = 0; at < steps.length; at += BATCH) {
      signal?.throwIfAborted();
      await structure.batch(steps.slice(at, at + BATCH));
      world.tell({
        type: 'progress',
        phase: 'apply',
        done: Math.min(at + BATCH, steps.length),
        total: steps.length,
      });
    }
  } finally {
    await structure.aside.bringAllBack();
  }
  return structure.done;
}

class Structure {
  readonly #world: ApplyWorld;
  readonly aside: Aside;
  readonly #touched = new Set<string>();
  /** Nodes for which there is no room, or not where they are to go. */
  readonly #waiting = new Set<NodeId>();
  #changes: AncestorChange[] = [];
  #missed: AncestorEntry[] = [];
  #events: MirrorEvent[] = [];
  done = 0;

  constructor(world: ApplyWorld) {
    this.#world = world;
    this.aside = new Aside(world);
  }

  async batch(planned: readonly StructureStep[]): Promise<void> {
    const { nodes, ancestor, intents } = this.#world;
    const steps = await stepsWithRoom(this.#world, planned, this.#waiting);
    if (steps.length === 0) return;
    const announced: Row[] = [];
    for (const step of steps) announced.push(...(await this.#announce(step)));
    if (announced.length > 0) await nodes.keep(announced);
    for (const step of steps) await this.#step(step);
    await syncDirectories(this.#world.disk, this.#touched);
    // A node that was put aside still has its intent if a later batch brings it to its place.
    const over = steps.flatMap((step): Row[] => {
      if (step.type === 'make' || step.type === 'aside') return [];
      const id = step.type === 'move' ? step.node.id : step.entry.id;
      return this.aside.paths.has(id) ? [] : [intents.over(id)];
    });
    // A person may have moved it this moment, or within a directory that cannot be listed: then it comes back as itself.
    await this.#world.missed(this.#missed.splice(0));
    await nodes.keep([...ancestor.rows(this.#changes), ...over]);
    this.done += this.#changes.length;
    for (const event of this.#events) this.#world.tell(event);
    this.#touched.clear();
    this.#changes = [];
    this.#events = [];
  }

  async #announce(step: StructureStep): Promise<Row[]> {
    const { intents, ancestor, disk } = this.#world;
    if (step.type === 'make') return [];
    if (step.type === 'move') {
      const { node, name, replaces } = step;
      return [intents.row({ type: 'move', id: node.id, parent: node.parent, name, replaces: replaces?.id })];
    }
    const { id, parent, name, kind } = step.entry;
    if (step.type === 'aside') return [intents.row({ type: 'move', id, parent, name, replaces: undefined })];
    const path = kind === 'directory' ? undefined : ancestor.pathOf(id);
    const stat = path === undefined ? undefined : await disk.lstatIfPossible(path);
    return [intents.row({ type: 'remove', id, parent, name, permissions: stat?.permissions })];
  }

  async #step(step: StructureStep): Promise<void> {
    const { ancestor } = this.#world;
    const isPlaced = step.type === 'make' || step.type === 'move';
    const id = isPlaced ? step.node.id : step.entry.id;
    const name = step.type === 'move' ? step.name : step.type === 'make' ? step.node.name : '';
    const path = isPlaced ? pathIn(this.#world, step.node.parent, name) : ancestor.pathOf(id);
    if (path === undefined) {
      // The directory it was in is no part of the mirror any more, so it is nowhere on disk.
      if (step.type === 'remove') return this.#forget(id);
      // Its directory could not be made: it waits with it.
      return this.#world.retryLater(id);
    }
    await atPath(this.#world, path, id, async () => {
      if (!(await this.#world.disk.isOwnDirectory(parentOf(path))))
        return this.#world.lookAgain(parentOf(parentOf(path)), id);
      if (step.type === 'make') await this.#make(step, path);
      else if (step.type === 'move') await this.#move(step, path);
      else if (step.type === 'aside') await this.#putAside(step.entry, path);
      else await this.#remove(step.entry, path);
      this.#world.solved(path);
    });
  }

  async #make({ node }: Extract<StructureStep, { type: 'make' }>, path: string): Promise<void> {
    const { disk, ancestor } = this.#world;
    const there = await disk.lstat(path);
    if (there === undefined) await disk.fs.makeDirectory(disk.at(path));
    const stat = await disk.lstat(path);
    // A directory that a person moved here this moment is another node: nobody may have two on disk.
    const isOther =
      stat !== undefined && ancestor.withInode(stat.inode).some(({ born }) => born === stat.born);
    if (stat?.kind !== 'directory' || isOther) throw overtaken();
    const { mtime, ctime, born, inode } = stat;
    const { id, parent, name } = node;
    const none = { digest: '', size: 0, executable: false, racy: false, heads: NO_HEADS };
    this.#did(path, { id, parent, name, kind: 'directory', mtime, ctime, born, inode, ...none });
    this.#world.arrived(path);
    this.#tell('created', path);
  }

  async #move(step: Extract<StructureStep, { type: 'move' }>, path: string): Promise<void> {
    const { disk, ancestor, intents } = this.#world;
    const { node, name, replaces } = step;
    const entry = ancestor.get(node.id) ?? step.entry;
    const from = whereIs(node.id, ancestor, this.aside.paths);
    const stat = from === undefined ? undefined : await disk.lstat(from);
    if (from === undefined || stat?.inode !== entry.inode || stat.kind !== entry.kind) {
      return this.#world.lookAgain(parentOf(from ?? path), node.id);
    }
    let saved: string | undefined;
    const there = await disk.lstat(path);
    if (there !== undefined && there.inode === stat.inode && there.device === stat.device) {
      // The same file by another spelling: this file system takes both names for one.
      const aside = await this.aside.put(node.id, from);
      await disk.fs.rename(disk.at(aside), disk.at(path));
    } else if (replaces !== undefined) {
      saved = await placeOver(this.#world, from, path, replaces, true);
      this.#forget(replaces.id);
      this.#tell('removed', path);
    } else if (there !== undefined) throw overtaken();
    else if (entry.kind === 'directory') await disk.fs.rename(disk.at(from), disk.at(path));
    else await placeNew(this.#world, from, path, entry);
    this.aside.over(node.id);
    this.#touched.add(parentOf(from));
    const moved = restamped({ ...entry, parent: node.parent, name }, await disk.lstatIfPossible(path));
    this.#did(path, moved);
    this.#events.push({ type: 'change', direction: 'out', change: 'moved', path, from });
    if (replaces !== undefined && saved !== undefined) {
      const changes = [
        { id: replaces.id, entry: undefined },
        { id: node.id, entry: moved },
      ];
      const placed = (): Row[] => [...ancestor.rows(changes), intents.over(node.id)];
      await letGo(this.#world, { saved, old: replaces, isOther: true, path, placed });
    }
    if (entry.kind === 'directory') this.#arrivedWith(node.id, path);
  }

  /** A directory has another path now, and so have those in it. */
  #arrivedWith(id: NodeId, path: string): void {
    this.#world.arrived(path);
    for (const child of this.#world.ancestor.children(id)) {
      if (child.kind === 'directory') this.#arrivedWith(child.id, joinPath(path, child.name));
    }
  }

  async #putAside(entry: AncestorEntry, path: string): Promise<void> {
    const { disk } = this.#world;
    const stat = await disk.lstat(path);
    if (stat?.inode !== entry.inode || stat.kind !== entry.kind)
      return this.#world.lookAgain(parentOf(path), entry.id);
    await this.aside.put(entry.id, path);
    this.#touched.add(parentOf(path));
  }

  async #remove(entry: AncestorEntry, path: string): Promise<void> {
    const { disk } = this.#world;
    const stat = await disk.lstat(path);
    if (stat !== undefined && stat.kind !== entry.kind)
      return this.#world.lookAgain(parentOf(path), entry.id);
    if (stat === undefined) this.#missed = [...this.#missed, ...this.#world.ancestor.below(entry.id)];
    else if (entry.kind === 'directory') {
      if (!(await this.#removeDirectory(entry, stat, path))) return;
    } else if (!(await this.#intoTrash(entry, stat, path))) return;
    this.#touched.add(parentOf(path));
    this.#forget(entry.id);
    this.#tell('removed', path);
  }

  /**
   * Answers whether it is there. It is put aside first, and comes back from there unless it is certain to be what the mirror had seen:
   * also if that cannot be told, or the mirror dies in between.
   */
  async #intoTrash(entry: AncestorEntry, stat: FileStat, path: string): Promise<boolean> {
    const { disk, trash } = this.#world;
    if (await isAsKnown(disk, path, stat, entry)) {
      const aside = await this.aside.put(entry.id, path);
      const after = await disk.lstat(aside);
      // To have another name changes a time of it, and is nobody's save.
      if (after !== undefined && (await isAsKnown(disk, aside, after, restamped(entry, after)))) {
        await trash.put(aside, path);
        this.aside.over(entry.id);
        return true;
      }
      // Written to at the last moment: it stays, and the folder gets it back.
      await this.aside.bringBack(entry);
    }
    this.#world.lookAgain(parentOf(path), entry.id);
    return false;
  }

  /** With what is below it, which is nowhere on this disk, or is found where it is: without it nobody would look there. */
  #forget(id: NodeId): void {
    const { ancestor } = this.#world;
    for (const child of [...ancestor.children(id)]) {
      this.#forget(child.id);
      this.#world.retryLater(child.id);
    }
    this.#changes.push({ id, entry: undefined });
    ancestor.took([{ id, entry: undefined }]);
  }

  /** Whether something is gone from a directory that is not believed to be: without it, nobody would look for that again. */
  #holdsKnown(directory: AncestorEntry, path: string): boolean {
    const { ancestor, rules } = this.#world;
    return [...ancestor.children(directory.id)].some(
      ({ id, name, kind }) =>
        !this.aside.paths.has(id) && rules.reason(path, name, kind === 'directory') === undefined,
    );
  }

  /** A directory goes when it is empty. What is not synced stays, and keeps it. */
  async #removeDirectory(entry: AncestorEntry, stat: FileStat, path: string): Promise<boolean> {
    const { disk, trash, rules } = this.#world;
    // A person may have made it anew this moment, with an inode that was used again.
    if (stat.inode !== entry.inode || stat.born !== entry.born) {
      this.#world.lookAgain(parentOf(path), entry.id);
      return false;
    }
    if (this.#holdsKnown(entry, path)) {
      this.#world.lookAgain(path, entry.id);
      return false;
    }
    try {
      await disk.fs.removeDirectory(disk.at(path));
      return true;
    } catch (error) {
      if (!['ENOTEMPTY', 'EEXIST'].includes(codeOf(error))) throw error;
    }
    const { entries } = await disk.fs.list(disk.at(path));
    if (entries.every(({ name, stat: { kind } }) => kind === 'file' && isSystemJunk(name))) {
      for (const { name } of entries) await trash.put(joinPath(path, name));
      await disk.fs.removeDirectory(disk.at(path));
      return true;
    }
    this.#world.retryLater(entry.id);
    const isIgnored = entries.every(
      ({ name, stat: { kind } }) => rules.reason(path, name, kind === 'directory') !== undefined,
    );
    if (isIgnored) {
      this.#world.problem({
        path,
        code: 'DIRECTORY_KEPT',
        message: 'It was removed from the folder, but holds files that are not synced.',
        next: `Remove ${nameOf(path)} yourself, or move what it holds.`,
      });
    } else this.#world.lookAgain(path, entry.id);
    return false;
  }

  #did(path: string, entry: AncestorEntry): void {
    // Later steps of the batch find their way by it; the rows follow in one commit, and until then intents tell.
    this.#world.ancestor.took([{ id: entry.id, entry }]);
    this.#changes.push({ id: entry.id, entry });
    this.#touched.add(parentOf(path));
  }

  #tell(change: 'created' | 'removed', path: string): void {
    this.#events.push({ type: 'change', direction: 'out', change, path });
  }
}
