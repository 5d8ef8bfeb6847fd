/** Which directories are watched, and what is told of those that cannot be. */
import type { Ancestor } from './ancestor.ts';
import type { Watcher } from './fs/watcher.ts';
import type { StatusBoard } from './status.ts';

const UNREADABLE = 'Give the user that runs the mirror the right to read it.';
/** What a person can do, by the system's code. */
const NEXT: Readonly<Record<string, string>> = {
  ENOSPC: 'Raise fs.inotify.max_user_watches.',
  EACCES: UNREADABLE,
  EPERM: UNREADABLE,
};

export interface WatchingEvents {
  /** Something in this directory may have changed. */
  dirty(directory: string): void;
  /** Nobody knows what changed. */
  lost(): void;
}

export class Watching {
  readonly #watcher: Watcher;
  readonly #ancestor: Ancestor;
  readonly #board: StatusBoard;
  readonly #events: WatchingEvents;
  #active = false;
  /** Of the ancestor, when it was last asked which directories still are where they are watched. */
  #moves = -1;
  /** Directories without a watch, and why. */
  readonly #unwatched = new Map<string, string>();

  constructor(watcher: Watcher, ancestor: Ancestor, board: StatusBoard, events: WatchingEvents) {
    this.#watcher = watcher;
    this.#ancestor = ancestor;
    this.#board = board;
    this.#events = events;
  }

  /** Some directories are not watched: what changes there is found by full looks only. */
  get isIncomplete(): boolean {
    return this.#unwatched.size > 0;
  }

  start(root: string): void {
    this.#active = true;
    this.#watcher.start(root, {
      dirty: (directory) => this.#events.dirty(directory),
      trouble: (directory, code) => {
        if (code === 'EVENTS_LOST') {
          this.#board.eventsLost();
          this.#events.lost();
        } else this.#unwatched.set(directory, code);
      },
    });
  }

  watch(directory: string, inode: bigint, born: bigint): void {
    if (this.#active) this.#watcher.watch(directory, inode, born);
  }

  /** Everything is about to be listed, and each directory tried again. */
  beginFull(): void {
    this.#unwatched.clear();
    this.#moves = -1;
  }

  endCycle(): void {
    if (!this.#active) return;
    if (this.#moves !== this.#ancestor.moves) {
      this.#moves = this.#ancestor.moves;
      this.#watcher.retain((directory) => this.#exists(directory));
      for (const directory of [...this.#unwatched.keys()])
        if (!this.#exists(directory)) this.#unwatched.delete(directory);
    }
    const [first] = this.#unwatched;
    if (first === undefined) return this.#board.watchIsComplete();
    const [directory, code] = first;
    this.#board.problem({
      path: directory,
      code: 'WATCH_INCOMPLETE',
      message: `The system gave no watch (${code}): what changes here or elsewhere without one is found once a minute.`,
      next: NEXT[code] ?? 'Raise the limit of open files of this process.',
    });
  }

  close(): void {
    this.#active = false;
    this.#watcher.close();
  }

  #exists(directory: string): boolean {
    if (directory === '') return true;
    let parent = 'root' as Parameters<Ancestor['child']>[0];
    for (const name of directory.split('/')) {
      const entry = this.#ancestor.child(parent, name);
      if (entry?.kind !== 'directory') return false;
      parent = entry.id;
    }
    return true;
  }
}
