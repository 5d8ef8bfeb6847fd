/**
 * What has to be looked at again without anybody telling, and when: suspicions, files that were overtaken, failures that
 * may heal, directories that are not watched. Each waits longer from time to time while nothing gets better, so a problem
 * that stays costs next to nothing.
 */
import type { Clock } from '@evermesh/core';
import type { SecondLook } from './second-look.ts';
import type { ToDo } from './to-do.ts';

/** Milliseconds: the first wait, and the longest. */
const WAITS = {
  /** Something was written to in the moment it was read, or found otherwise than it was planned with. */
  again: [20, 5000],
  /** A full disk, a name or a right that is missing. */
  later: [1000, 300_000],
  /** Directories without a watch. */
  rescan: [60_000, 60_000],
} as const;

type Kind = keyof typeof WAITS;

export class NextLook {
  readonly #clock: Clock;
  readonly #looks: SecondLook;
  readonly #toDo: ToDo;
  readonly #isUnwatched: () => boolean;
  readonly #due = new Map<Kind, { readonly since: number; readonly wait: number }>();
  readonly #tries = new Map<Kind, number>();

  constructor(clock: Clock, looks: SecondLook, toDo: ToDo, isUnwatched: () => boolean) {
    this.#clock = clock;
    this.#looks = looks;
    this.#toDo = toDo;
    this.#isUnwatched = isUnwatched;
  }

  /** A cycle has ended. */
  update(): void {
    this.#update('again', this.#toDo.hasAgain);
    this.#update('later', this.#toDo.hasLater);
    this.#update('rescan', this.#isUnwatched());
  }

  /** Milliseconds until something is to be looked at; `undefined` if nothing is. */
  wait(kinds: readonly Kind[] = ['again', 'later', 'rescan']): number | undefined {
    const now = this.#clock.now();
    const waits = kinds.flatMap((kind) => {
      const due = this.#due.get(kind);
      return due === undefined ? [] : [Math.max(1, left(due, now))];
    });
    const suspicion = this.#looks.due;
    if (suspicion !== undefined) waits.push(suspicion.wait);
    return waits.length === 0 ? undefined : Math.min(...waits);
  }

  /** Time has passed: what is due becomes something to do. */
  take(): void {
    const now = this.#clock.now();
    for (const [kind, due] of this.#due) {
      if (left(due, now) > 0) continue;
      this.#due.delete(kind);
      if (kind === 'again') this.#toDo.lookAgain();
      else if (kind === 'later') this.#toDo.tryLater();
      else this.#toDo.directories('all');
    }
    const suspicion = this.#looks.due;
    if (suspicion !== undefined && suspicion.wait <= 1) this.#toDo.directories(suspicion.directories);
  }

  #update(kind: Kind, pending: boolean): void {
    if (!pending) {
      this.#due.delete(kind);
      this.#tries.delete(kind);
    } else if (!this.#due.has(kind)) {
      const tries = this.#tries.get(kind) ?? 0;
      const [first, longest] = WAITS[kind];
      const wait = Math.min(first * 2 ** Math.min(tries, 20), longest);
      this.#tries.set(kind, tries + 1);
      this.#due.set(kind, { since: this.#clock.now(), wait });
    }
  }
}

/** Milliseconds. A clock that was set back must not make anybody wait for ever: what it was set back behind is due. */
const left = ({ since, wait }: { readonly since: number; readonly wait: number }, now: number): number =>
  now < since ? 0 : since + wait - now;
