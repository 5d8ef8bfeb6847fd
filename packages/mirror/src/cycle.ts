/** One cycle: what changed on disk goes into the folder, then what the folder shows otherwise goes onto the disk. */
import type { BlobStore, Clock, FolderId, FolderNodes, NodeId, Random } from '@evermesh/core';
import { EvermeshError } from '@evermesh/core/errors';
import type { Ancestor, Row } from './ancestor.ts';
import { apply } from './apply.ts';
import type { ApplyWorld } from './apply-world.ts';
import type { Departed } from './departed.ts';
import { type Disk, parentOf, TEMPORARY } from './disk.ts';
import { DamageSearch } from './find-damaged.ts';
import { IGNORE_FILE } from './ignore-file.ts';
import type { IgnoreRules } from './ignore-rules.ts';
import type { FileStat } from './fs/file-system.ts';
import { inConflict } from './in-conflict.ts';
import { ingest } from './ingest.ts';
import { Intents } from './intents.ts';
import { lookAtDisk } from './look-at-disk.ts';
import { findMarker, type KeptState, stateRow } from './marker.ts';
import type { MassDeletionGuard } from './mass-deletion.ts';
import type { Tell } from './mirror-event.ts';
import { reconcileDisk } from './reconcile-disk.ts';
import { reconcileModel } from './reconcile-model.ts';
import { recoverIntents } from './recover.ts';
import type { SecondLook } from './second-look.ts';
import type { StatusBoard } from './status.ts';
import type { Trash } from './trash.ts';
import type { ToDo } from './to-do.ts';

export interface CycleParts {
  readonly folder: { readonly id: FolderId; readonly nodes: FolderNodes; readonly blobs: BlobStore };
  readonly disk: Disk;
  readonly ancestor: Ancestor;
  readonly rules: IgnoreRules;
  readonly looks: SecondLook;
  readonly departed: Departed;
  readonly guard: MassDeletionGuard;
  readonly trash: Trash;
  readonly board: StatusBoard;
  readonly toDo: ToDo;
  readonly random: Random;
  readonly clock: Clock;
  readonly tell: Tell;
  watch(directory: string, inode: bigint, born: bigint): void;
}

/** So many reads of a file in a row found it being written before people are told. */
const CHANGING_READS = 5;

export class Cycle {
  readonly #parts: CycleParts;
  readonly world: ApplyWorld;
  #state: KeptState;
  /** Until everything was looked at once after an unclean end. */
  #recovering: boolean;
  #begun = false;
  #damage: DamageSearch | undefined;
  /** The marker as it was when it was read last. */
  #marker: FileStat | undefined;
  /** A full look has been; what it could not settle may still be open. */
  #lookedAtAll = false;
  /** What could not be looked at: whatever is missed may be there. */
  readonly #unseen = new Set<string>();
  /** How often in a row a file was found being written. */
  readonly #changing = new Map<string, number>();

  constructor(parts: CycleParts, state: KeptState, recovering: boolean) {
    this.#parts = parts;
    this.#state = state;
    this.#recovering = recovering;
    this.world = this.#applyWorld();
  }

  get state(): KeptState {
    return this.#state;
  }

  /** Whether an unclean end is not made up for yet. */
  get recovering(): boolean {
    return this.#recovering;
  }

  /** Does what is to be done. Returns how much was. @throws MIRROR_HALTED */
  async run(signal?: AbortSignal): Promise<number> {
    const { folder, toDo, board, rules } = this.#parts;
    if (!folder.nodes.ready) {
      board.state = 'waiting';
      return 0;
    }
    await this.#checkRoot();
    await this.#begin();
    const dirty = toDo.takeDirectories();
    let done = 0;
    try {
      if (dirty !== undefined) {
        board.state = 'scanning';
        done += await this.#fromDisk(dirty, signal);
      }
    } catch (error) {
      // What was not looked at is still to be looked at.
      if (dirty !== undefined) toDo.directories(dirty);
      throw error;
    }
    const ids = toDo.takeNodes();
    try {
      if (ids !== undefined) done += await this.#toDisk(ids, signal);
    } catch (error) {
      if (ids !== undefined) toDo.nodes(ids);
      throw error;
    }
    if (dirty === 'all') this.#lookedAtAll = true;
    if (this.#lookedAtAll) await this.#endBeginning();
    for (const problem of rules.problems()) board.problem(problem);
    board.endCycle();
    return done;
  }

  async #fromDisk(dirty: ReadonlySet<string> | 'all', signal?: AbortSignal): Promise<number> {
    const { folder, disk, ancestor, rules, looks, departed, guard, board, toDo, clock, tell } = this.#parts;
    const { nodes, blobs } = folder;
    const look = await lookAtDisk(
      {
        disk,
        rules,
        ancestor,
        looks,
        departed,
        unseen: this.#unseen,
        watch: (directory, inode, born) => this.#parts.watch(directory, inode, born),
        listing: (directory) => board.listing(directory),
        listingAll: () => board.listingAll(),
        rulesChanged: () => toDo.nodes('all'),
        lookAgain: (directories) => toDo.again(directories),
        problem: (problem) => board.problem(problem),
        ignored: (path, reason) => board.ignored(path, reason),
        progress: (entries) =>
          tell({ type: 'progress', phase: 'scan', done: entries, total: Math.max(entries, ancestor.size) }),
      },
      dirty,
      signal,
    );
    const deleted = look.missing.filter(({ id }) => nodes.node(id)?.id === id);
    guard.check(deleted.length, ancestor.size);
    const { importing } = this.#state;
    const plan = reconcileDisk({
      ...look,
      nodes,
      inConflict: await inConflict(nodes, look.missing),
      isHere: (id) => ancestor.get(id) !== undefined,
      newDirectoryId: (path) => (importing ? nodes.importId(path, 'directory', '') : nodes.newNodeId()),
    });
    for (const { id } of look.missing) looks.settle(`gone ${id}`);
    const { missing, found } = look;
    await departed.missed(missing, { isFull: dirty === 'all', isComplete: this.#unseen.size === 0, found });
    // What survives, because this disk never showed its newest content, is written again.
    toDo.nodes(plan.dropped.map(({ id }) => id));
    const done = await ingest(
      plan,
      {
        disk,
        nodes,
        blobs,
        ancestor,
        looks,
        isUndecided: (id) => this.#damage?.isUndecided(id) === true,
        clock,
        tell,
        importing,
        recovering: this.#recovering,
        problem: (problem) => board.problem(problem),
        solved: (path) => {
          this.#changing.delete(path);
          board.solved(path);
        },
        lookAgain: (directory) => toDo.again([directory]),
        changing: (path) => this.#isChanging(path),
        waitFor: (id, directory) => toDo.waitFor(id, directory),
        touched: (id) => toDo.nodes([id]),
      },
      signal,
    );
    await departed.came((id) => ancestor.get(id) !== undefined);
    looks.end(dirty);
    return done;
  }

  #isChanging(path: string): void {
    const { toDo, board } = this.#parts;
    toDo.again([parentOf(path)]);
    const reads = (this.#changing.get(path) ?? 0) + 1;
    this.#changing.set(path, reads);
    if (reads < CHANGING_READS) return;
    board.problem({
      path,
      code: 'FILE_CHANGING',
      message: 'It is written to without a pause, so no whole content of it could be read.',
      next: `It is taken when it rests. If it never does, name it in ${IGNORE_FILE}.`,
    });
  }

  async #toDisk(ids: ReadonlySet<NodeId> | 'all', signal?: AbortSignal): Promise<number> {
    const { folder, disk, ancestor, rules, departed, board, toDo } = this.#parts;
    if (folder.nodes.failure !== undefined) throw folder.nodes.failure;
    board.writing();
    if (ids === 'all') board.notHere.clear();
    else for (const id of ids) board.notHere.delete(id);
    const plan = reconcileModel(
      {
        nodes: folder.nodes,
        ancestor,
        ignored: (path, isDirectory) => rules.reasonOfPath(path, isDirectory),
        isHidden: (id) => departed.isHidden(id),
      },
      ids,
    );
    // What was missed is written anew, unless it was moved to where nobody told of yet, or where nobody could look until now.
    const isMissed = departed.isAmong([...plan.structure, ...plan.contents]);
    if (isMissed || (plan.hidden.length > 0 && this.#unseen.size === 0)) {
      toDo.directories('all');
      toDo.nodes(ids);
      return 0;
    }
    for (const id of plan.hidden) toDo.later(id);
    if (plan.structure.length + plan.contents.length > 0) {
      board.state = 'writing';
      await disk.ensureDirectory(TEMPORARY);
    }
    try {
      return await apply(plan, this.world, signal);
    } finally {
      for (const step of [...plan.structure, ...plan.contents])
        if ('replaces' in step && step.replaces !== undefined && ancestor.get(step.replaces.id) !== undefined)
          toDo.together(step.node.id, step.replaces.id);
    }
  }

  /** What a run before left is seen to before anything is compared. */
  async #begin(): Promise<void> {
    if (!this.#begun) {
      await recoverIntents(this.world);
      if (this.#recovering) this.#damage = new DamageSearch(this.world, this.#parts.clock.now());
      await this.#parts.trash.prune();
      this.#begun = true;
    }
    if (this.#damage?.isOver === false) await this.#damage.look();
  }

  /** Another directory in the root's place would look like deletions. */
  async #checkRoot(): Promise<void> {
    const { disk, folder } = this.#parts;
    const stat = await disk.lstat('');
    const isSame = stat?.kind === 'directory' && stat.device === disk.device;
    this.#marker = isSame ? await findMarker(disk, folder.id, this.#state.mirror, this.#marker) : undefined;
    if (this.#marker !== undefined) return;
    throw new EvermeshError(
      'MIRROR_HALTED',
      `${disk.root} is gone, or another directory stands in its place: perhaps a disk is not mounted, or it was emptied. ` +
        'Nothing counts as deleted. Bring it back and start again.',
      { details: { directory: disk.root } },
    );
  }

  /** When nothing of the first full look is open, what is found from then on was done from then on. */
  async #endBeginning(): Promise<void> {
    const { toDo, looks } = this.#parts;
    if (looks.due !== undefined || toDo.hasDirectories) return;
    this.#recovering &&= this.#damage?.isOver === false;
    if (!this.#state.importing || toDo.hasWaiting) return;
    await this.keepState({ ...this.#state, importing: false }, this.#parts.ancestor.before.over());
  }

  async keepState(state: KeptState, beside: readonly Row[] = []): Promise<void> {
    const { nodes } = this.#parts.folder;
    await nodes.keep([stateRow(nodes, state), ...beside]);
    this.#state = state;
  }

  #applyWorld(): ApplyWorld {
    const { folder, disk, ancestor, departed, trash, rules, random, clock, tell, board, toDo } = this.#parts;
    return {
      disk,
      nodes: folder.nodes,
      blobs: folder.blobs,
      ancestor,
      intents: new Intents(folder.nodes),
      trash,
      rules,
      random,
      clock,
      tell,
      problem: (problem) => board.problem(problem),
      solved: (path) => board.solved(path),
      others: (id, path, count) => board.others(id, path, count),
      lookAgain: (directory, id) => toDo.again([directory], id),
      missed: (entries) => departed.missed(entries),
      arrived: (directory) => toDo.directories([directory]),
      retryLater: (id) => toDo.later(id),
      looksFirst: (id) => toDo.looksFirst(id),
      notHere: (id) => board.notHere.add(id),
    };
  }
}
