/**
 * Turns what was done on disk into operations on the folder. Contents are read only now, a few ahead of the operation
 * that needs them, so memory does not grow with what there is to do.
 */
import type { BlobName, BlobStore, Clock, FolderNodes, Heads, NodeId } from '@evermesh/core';
import { digestOfBlob } from '@evermesh/core/model';
import type { EvermeshError } from '@evermesh/core/errors';
import { equalHeads, NO_HEADS } from '@evermesh/core/protocol';
import type { Ancestor, AncestorEntry } from './ancestor.ts';
import { conflictEvent, findTwin } from './adopt.ts';
import { type Disk, parentOf } from './disk.ts';
import { IngestChunk, REMOVED_AT_ONCE, saved } from './ingest-chunk.ts';
import { removalOf, removalOfShown } from './ingest-removals.ts';
import { mayBeGivenBack } from './find-damaged.ts';
import type { Match } from './match-disk.ts';
import type { Tell } from './mirror-event.ts';
import { type Problem, unreadable } from './problem.ts';
import { ReadAhead } from './read-ahead.ts';
import type { Reading } from './read-disk.ts';
import type { PlaceStep } from './place-steps.ts';
import type { DiskPlan } from './reconcile-disk.ts';
import type { SecondLook } from './second-look.ts';
import { entryOf, fileEntry, readEntry } from './shown-entry.ts';
import { Siblings } from './siblings.ts';
import { digestOfContent } from './content-digest.ts';

export interface IngestWorld {
  readonly disk: Disk;
  readonly nodes: FolderNodes;
  readonly blobs: BlobStore;
  readonly ancestor: Ancestor;
  readonly looks: SecondLook;
  /** Whether nobody knows yet if a power cut emptied a file. */
  readonly isUndecided: (id: NodeId) => boolean;
  readonly clock: Clock;
  readonly tell: Tell;
  /** The directory was never in step with this folder: what it holds may be on other devices as well. */
  readonly importing: boolean;
  /** The mirror did not end as it should: the disk may show other versions than the ancestor says. */
  readonly recovering: boolean;
  problem(problem: Problem): void;
  solved(path: string): void;
  /** This directory has something that could not be taken yet. */
  lookAgain(directory: string): void;
  /** This file was written to while it was read: it is looked at again. */
  changing(path: string): void;
  /** This node may be shown otherwise in the folder than it is on disk. */
  touched(id: NodeId): void;
  /** A file's content has not arrived, and what is on disk waits for it. */
  waitFor(id: NodeId, directory: string): void;
}

/** Does a plan. Returns how many operations were made. */
export async function ingest(plan: DiskPlan, world: IngestWorld, signal?: AbortSignal): Promise<number> {
  return new Ingest(plan, world, signal).run();
}

class Ingest {
  readonly #plan: DiskPlan;
  readonly #world: IngestWorld;
  readonly #signal: AbortSignal | undefined;
  readonly #chunk: IngestChunk;
  readonly #siblings: Siblings;
  readonly #ahead: ReadAhead;
  #flushes = 0;

  constructor(plan: DiskPlan, world: IngestWorld, signal: AbortSignal | undefined) {
    this.#plan = plan;
    this.#world = world;
    this.#signal = signal;
    this.#siblings = new Siblings(world.nodes);
    this.#chunk = new IngestChunk(world, {
      refused: (path, error) => this.#onRefused(path, error),
      // It is written again.
      stayed: (id) => world.touched(id),
    });
    const creates = plan.places.flatMap((step) => (step.type === 'create' ? [step.match] : []));
    const toRead = [...creates, ...plan.contents.map(({ match }) => match)];
    this.#ahead = new ReadAhead(world, toRead);
  }

  async run(): Promise<number> {
    const { places, contents, agreed, united, dropped, executables } = this.#plan;
    for (const entry of dropped) await this.#note(entry.id, () => undefined);
    for (const { from, to } of united) {
      for (const { id } of [...this.#world.ancestor.children(from.id)])
        await this.#note(id, (now) => now && { ...now, parent: to });
    }
    for (const { match, id, parent } of agreed) {
      await this.#note(id, (now) => entryOf(id, parent, match, now ?? match.known));
    }
    let removing: AncestorEntry[] = [];
    for (const [i, step] of places.entries()) {
      this.#signal?.throwIfAborted();
      if (i % 500 === 0)
        this.#world.tell({ type: 'progress', phase: 'ingest', done: i, total: places.length });
      if (step.type === 'remove') removing.push(step.entry);
      // What goes together is one operation, if it fits: then it is judged as one everywhere.
      if (removing.length === REMOVED_AT_ONCE || (removing.length > 0 && places[i + 1]?.type !== 'remove')) {
        await this.#chunk.add(removalOf(removing, this.#world.ancestor));
        removing = [];
      }
      await this.#place(step);
    }
    for (const { match, known } of contents) {
      this.#signal?.throwIfAborted();
      await this.#content(match, known);
    }
    for (const { match, known } of executables) await this.#executable(match, known);
    await this.#chunk.flush();
    return this.#chunk.done;
  }

  #onRefused(path: string, error: EvermeshError): void {
    const world = this.#world;
    // Somebody was faster: the next look at both finds another way.
    if (error.code === 'PATH_EXISTS' || error.code === 'PATH_NOT_FOUND')
      return world.lookAgain(parentOf(path));
    world.problem({
      path,
      code: error.code === 'PATH_INVALID' ? 'NAME_REFUSED' : 'OPERATION_REFUSED',
      message: error.message,
      next: 'Rename or move it.',
    });
  }

  async #place(step: PlaceStep): Promise<void> {
    if (step.type === 'make') {
      const { match, id, parent, name } = step;
      const imported = this.#world.importing ? { imported: true } : {};
      await this.#chunk.add({
        path: match.disk.path,
        operation: { type: 'create', id, parent, name, kind: 'directory', digest: '', ...imported },
        changes: [{ id, to: () => entryOf(id, parent, match, undefined) }],
        events: [{ type: 'change', direction: 'in', change: 'created', path: match.disk.path }],
      });
    } else if (step.type === 'place') {
      const { match, id, parent, name } = step;
      const from = this.#world.ancestor.pathOf(id);
      // The folder may show it as before, if the name that it got is taken there.
      this.#world.touched(id);
      await this.#chunk.add({
        path: match.disk.path,
        operation: { type: 'place', id, parent, name },
        changes: [{ id, to: (now) => entryOf(id, parent, match, now ?? match.known) }],
        events: [
          {
            type: 'change',
            direction: 'in',
            change: 'moved',
            path: match.disk.path,
            ...(from === undefined ? {} : { from }),
          },
        ],
      });
    } else if (step.type === 'aside') {
      const { id, parent, name } = step;
      await this.#chunk.add({ path: name, operation: { type: 'place', id, parent, name }, changes: [] });
    } else if (step.type === 'removeShown') {
      // What the disk did not show is written there.
      this.#world.touched(step.entry.id);
      await this.#chunk.add(removalOfShown(step.entry, this.#world.ancestor));
    } else if (step.type === 'create') await this.#create(step);
  }

  async #create({ match, parent }: Extract<PlaceStep, { type: 'create' }>): Promise<void> {
    const { nodes, ancestor, importing } = this.#world;
    const reading = await this.#read(match);
    if (reading === undefined) return;
    if (this.#chunk.flushes !== this.#flushes) this.#siblings.forget();
    this.#flushes = this.#chunk.flushes;
    const isHere = (id: NodeId): boolean => ancestor.get(id) !== undefined;
    const world = { nodes, siblings: this.#siblings, before: ancestor.before, isHere };
    let twin = await findTwin(world, match, parent, reading, this.#chunk.leaving);
    if (twin.type === 'wait') {
      // It may be the content that is waited for.
      await reading.keep();
      twin = await findTwin(world, match, parent, reading, this.#chunk.leaving);
    }
    const read = { path: match.disk.path, keep: reading.keep };
    if (twin.type === 'wait') return this.#world.waitFor(twin.id, parentOf(match.disk.path));
    if (twin.type !== 'none') {
      const { id, heads } = twin;
      this.#world.touched(id);
      return this.#chunk.add({
        ...read,
        changes: [{ id, to: (_, after) => fileEntry(id, parent, match, reading, after ?? heads) }],
        ...(twin.type === 'edited' ? saved(id, heads, reading.content, match.disk.path) : {}),
        // He put it there: who removes it elsewhere in this moment had not seen that. What a directory brings along was there before.
        ...(twin.type === 'found' && !importing ? { operation: { type: 'keep', id } } : {}),
      });
    }
    const [name, kind] = [twin.name, match.disk.kind as 'file' | 'symlink'];
    const digest = digestOfBlob(reading.digest as BlobName);
    const path = [parentOf(match.disk.path), name].filter((part) => part !== '').join('/');
    const id = importing ? nodes.importId(path, kind, digest) : nodes.newNodeId();
    await this.#chunk.add({
      ...read,
      operation: {
        type: 'create',
        id,
        parent,
        name,
        kind,
        content: reading.content,
        digest,
        executable: match.disk.stat.executable,
        ...(importing ? { imported: true } : {}),
      },
      changes: [{ id, to: (_now, heads) => fileEntry(id, parent, match, reading, heads ?? NO_HEADS) }],
      events: [
        { type: 'change', direction: 'in', change: 'created', path: match.disk.path },
        ...conflictEvent(match, twin),
      ],
    });
  }

  /** A file that both have, whose stat is another than it was. */
  async #content(match: Match, known: AncestorEntry): Promise<void> {
    const { looks, ancestor } = this.#world;
    const { id } = known;
    if (!(await this.#isHere(id))) return;
    const reading = await this.#read(match);
    if (reading === undefined) return;
    const { digest, stat } = reading;
    const refresh = (heads?: Heads): Promise<void> =>
      this.#note(id, (now) => now && readEntry(now, reading, heads ?? now.heads));
    if (digest === known.digest) return refresh();
    const emptied = stat.size === 0 && known.size > 0;
    // The suspicion first: it brings the next look, before which nobody decides.
    const isConfirmed = !emptied || looks.isConfirmed(id, 'emptied', `${stat.mtime}:${stat.ctime}`, id);
    if (!isConfirmed || (emptied && this.#world.isUndecided(id))) return;
    looks.settle(id);
    const heads = await this.#knownHeads(match, known, reading);
    if (heads !== undefined) return refresh(heads);
    await this.#chunk.add({
      path: match.disk.path,
      keep: reading.keep,
      operation: { type: 'save', id, content: reading.content, shown: (ancestor.get(id) ?? known).heads },
      changes: [{ id, to: (now, after) => now && readEntry(now, reading, after ?? now.heads) }],
      events: [{ type: 'change', direction: 'in', change: 'edited', path: match.disk.path }],
    });
  }

  /** The heads of a version that the folder has and the disk shows, so that nobody edited it. */
  async #knownHeads(
    match: Match,
    known: AncestorEntry,
    { digest, stat }: Extract<Reading, { type: 'content' }>,
  ): Promise<Heads | undefined> {
    const { nodes, recovering } = this.#world;
    const { id, heads } = known;
    if (!equalHeads(nodes.headsOf(id), heads)) {
      const newest = await nodes.content(id);
      if (newest !== undefined && digestOfContent(newest.content) === digest) return newest.heads;
    }
    return recovering && mayBeGivenBack(match, known, stat)
      ? nodes.headsOfVersion(id, digestOfBlob(digest as BlobName))
      : undefined;
  }

  /** What counted as gone is here when it got its place: saved without one, it would come back elsewhere and be here as another. */
  async #isHere(id: NodeId): Promise<boolean> {
    const { ancestor } = this.#world;
    if (ancestor.get(id) === undefined) await this.#chunk.flush();
    return ancestor.get(id) !== undefined;
  }

  async #executable(match: Match, { id }: AncestorEntry): Promise<void> {
    const { executable } = match.disk.stat;
    const to = (now: AncestorEntry | undefined): AncestorEntry | undefined => now && { ...now, executable };
    if (this.#world.nodes.node(id)?.executable === executable) return this.#note(id, to);
    await this.#chunk.add({
      path: match.disk.path,
      operation: { type: 'executable', id, executable },
      changes: [{ id, to }],
      events: [{ type: 'change', direction: 'in', change: 'edited', path: match.disk.path }],
    });
  }

  /** What the ancestor says of it is other than before, so the folder may show it otherwise. */
  #note(id: NodeId, to: (now: AncestorEntry | undefined) => AncestorEntry | undefined): Promise<void> {
    this.#world.touched(id);
    return this.#chunk.add({ path: '', changes: [{ id, to }] });
  }

  async #read(match: Match): Promise<Extract<Reading, { type: 'content' }> | undefined> {
    const reading = await this.#ahead.read(match);
    const { path } = match.disk;
    if (reading.type === 'content') {
      this.#world.solved(path);
      return reading;
    }
    if (reading.type === 'failed') {
      this.#world.problem(unreadable(path, reading.code));
    } else this.#world.changing(path);
    return undefined;
  }
}
