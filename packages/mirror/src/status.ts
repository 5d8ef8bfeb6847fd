/** What a mirror knows about itself, for people. */
import type { Ancestor } from './ancestor.ts';
import type { FolderNodes, NodeId } from '@evermesh/core';
import { parentOf } from './disk.ts';
import type { Tell } from './mirror-event.ts';
import type { Problem, ProblemCode } from './problem.ts';

/** `waiting`: for the folder, or for what some of its files hold. */
export type MirrorState = 'starting' | 'scanning' | 'writing' | 'in step' | 'waiting' | 'halted' | 'closed';

export interface MirrorConflict {
  readonly path: string;
  readonly kind: 'name' | 'content';
  readonly detail: string;
}

export interface MirrorStatus {
  readonly state: MirrorState;
  /** Files and links that disk and folder agreed on last. */
  readonly files: number;
  readonly problems: readonly Problem[];
  readonly conflicts: readonly MirrorConflict[];
  /** What is on disk and not synced. */
  readonly ignored: readonly { readonly path: string; readonly reason: string }[];
  /** Paths of files whose content has not arrived: the disk does not show it. */
  readonly notHere: readonly string[];
}

/** Told by writing, which is tried again on its own: a look at the directory says nothing of these. */
const OF_WRITING: ReadonlySet<ProblemCode> = new Set([
  'WRITE_FAILED',
  'NAME_REFUSED',
  'NAME_TAKEN',
  'DIRECTORY_KEPT',
  'CONTENT_DAMAGED',
]);

export class StatusBoard {
  readonly #tell: Tell;
  readonly #problems = new Map<string, { problem: Problem; stale: boolean }>();
  readonly #ignored = new Map<string, Map<string, string>>();
  /** Files with contents beside the shown one. */
  readonly #others = new Map<NodeId, number>();
  readonly notHere: Set<NodeId> = new Set();
  state: MirrorState = 'starting';

  constructor(tell: Tell) {
    this.#tell = tell;
  }

  problem(problem: Problem): void {
    const key = `${problem.code} ${problem.path}`;
    const known = this.#problems.get(key);
    this.#problems.set(key, { problem, stale: false });
    if (known?.problem.message !== problem.message) this.#tell({ type: 'problem', ...problem });
  }

  solved(path: string): void {
    for (const [key, { problem }] of this.#problems) if (problem.path === path) this.#problems.delete(key);
  }

  /** Nobody knows what changed. */
  eventsLost(): void {
    this.#tell({ type: 'eventsLost' });
  }

  /** Every directory is watched. */
  watchIsComplete(): void {
    for (const [key, { problem }] of this.#problems)
      if (problem.code === 'WATCH_INCOMPLETE') this.#problems.delete(key);
  }

  /** A directory is looked at anew: what is not said again by the end of the cycle is over. */
  listing(directory: string): void {
    this.#ignored.delete(directory);
    for (const known of this.#problems.values()) {
      const { path, code } = known.problem;
      if (path !== '' && parentOf(path) === directory && !OF_WRITING.has(code)) known.stale = true;
    }
  }

  /** Everything is looked at anew. */
  listingAll(): void {
    this.#ignored.clear();
    for (const known of this.#problems.values()) {
      const { code } = known.problem;
      if (code !== 'WATCH_INCOMPLETE' && !OF_WRITING.has(code)) known.stale = true;
    }
  }

  /** All that could not be written is tried again: what fails once more is said once more. */
  writing(): void {
    for (const known of this.#problems.values()) if (OF_WRITING.has(known.problem.code)) known.stale = true;
  }

  endCycle(): void {
    for (const [key, { stale }] of this.#problems) if (stale) this.#problems.delete(key);
  }

  ignored(path: string, reason: string): void {
    const directory = parentOf(path);
    const known = this.#ignored.get(directory);
    if (known === undefined) this.#ignored.set(directory, new Map([[path, reason]]));
    else known.set(path, reason);
  }

  /** How many contents a file has beside the one that is shown. */
  others(id: NodeId, path: string, count: number): void {
    const before = this.#others.get(id) ?? 0;
    if (count === 0) this.#others.delete(id);
    else this.#others.set(id, count);
    if (count > before) this.#tell({ type: 'conflict', path, kind: 'content', detail: othersText(count) });
  }

  status(nodes: FolderNodes, ancestor: Ancestor): MirrorStatus {
    const names = nodes.nameConflicts().map(({ id, ownName }): MirrorConflict => ({
      path: nodes.pathOf(id),
      kind: 'name',
      detail: `Another entry is called ${ownName} as well.`,
    }));
    const contents = [...this.#others].flatMap(([id, count]): MirrorConflict[] =>
      nodes.node(id) === undefined
        ? []
        : [{ path: nodes.pathOf(id), kind: 'content', detail: othersText(count) }],
    );
    const notHere = [...this.notHere].filter((id) => nodes.node(id)?.id === id);
    return {
      // Nothing is left to do here, and still the disk is not what the folder says.
      state: this.state === 'in step' && notHere.length > 0 ? 'waiting' : this.state,
      files: ancestor.files,
      problems: [...this.#problems.values()].map(({ problem }) => problem),
      conflicts: [...names, ...contents],
      ignored: [...this.#ignored.values()].flatMap((paths) =>
        [...paths].map(([path, reason]) => ({ path, reason })),
      ),
      notHere: notHere.map((id) => nodes.pathOf(id)),
    };
  }
}

const othersText = (count: number): string =>
  `${count === 1 ? 'Another version was' : `${count} other versions were`} made at the same time and kept.`;
