/**
 * What is believed only if it is still so at a second look. Some programs save by removing a file and making it anew, or
 * empty it and write a moment later: seen in between, that would be somebody's deletion.
 */
import type { Clock, NodeId } from '@evermesh/core';
import type { Ancestor } from './ancestor.ts';
import { parentOf } from './disk.ts';

/** Milliseconds between the two looks at something that is gone, and at something that is empty. */
export const LOOK_AGAIN = { gone: 100, emptied: 1000 } as const;

interface Suspicion {
  readonly what: string;
  readonly since: number;
  readonly wait: number;
  /** What it is of: where that was known to be is where to look again, wherever its directory is by then. */
  readonly id: NodeId;
  /** The look at which it was last seen. */
  look: number;
}

export class SecondLook {
  readonly #clock: Clock;
  readonly #ancestor: Pick<Ancestor, 'pathOf'>;
  readonly #suspicions = new Map<string, Suspicion>();
  #look = 0;

  constructor(clock: Clock, ancestor: Pick<Ancestor, 'pathOf'>) {
    this.#clock = clock;
    this.#ancestor = ancestor;
  }

  /** A look at some directories begins. */
  begin(): void {
    this.#look += 1;
  }

  /** It has ended: of what was looked at, the suspicions that it did not raise again are void. */
  end(looked: ReadonlySet<string> | 'all'): void {
    for (const [key, { look, id }] of this.#suspicions) {
      if (look === this.#look) continue;
      if (looked === 'all' || looked.has(this.#directoryOf(id))) this.#suspicions.delete(key);
    }
  }

  /** Whether the same was seen of this node long enough ago. */
  isConfirmed(key: string, kind: keyof typeof LOOK_AGAIN, what: string, id: NodeId): boolean {
    const now = this.#clock.now();
    const known = this.#suspicions.get(key);
    // A clock that was set back must not make anybody wait for ever.
    if (known?.what !== what || now < known.since) {
      this.#suspicions.set(key, { what, since: now, wait: LOOK_AGAIN[kind], id, look: this.#look });
      return false;
    }
    known.look = this.#look;
    return now - known.since >= known.wait;
  }

  /** It is as it was, or was believed. */
  settle(key: string): void {
    this.#suspicions.delete(key);
  }

  /** Directories to look at again, and in how many milliseconds. */
  get due(): { readonly directories: readonly string[]; readonly wait: number } | undefined {
    if (this.#suspicions.size === 0) return undefined;
    const now = this.#clock.now();
    const all = [...this.#suspicions.values()];
    // Of one that the clock was set back behind nobody can tell: it is looked at, and begins anew.
    const wait = Math.min(
      ...all.map(({ since, wait: long }) => (now < since ? 1 : Math.max(1, since + long - now))),
    );
    return { directories: all.map(({ id }) => this.#directoryOf(id)), wait };
  }

  #directoryOf(id: NodeId): string {
    return parentOf(this.#ancestor.pathOf(id) ?? '');
  }
}
