/**
 * Tells the folder as what this disk shows files, so that the records stay with which the next save of them is compared. Until all of it is known,
 * which it is not where a crash or a repair left something to be found out, nothing is told, and every record stays.
 */
import type { FolderNodes } from '@evermesh/core';
import type { Ancestor } from './ancestor.ts';

export class ShownTelling {
  readonly #nodes: Pick<FolderNodes, 'shows'>;
  readonly #ancestor: Ancestor;
  /** How much is done, or waits: what is shown may be another a moment later. */
  #busy = 0;
  #stop: (() => void) | undefined;
  #isOver = false;

  constructor(nodes: Pick<FolderNodes, 'shows'>, ancestor: Ancestor) {
    this.#nodes = nodes;
    this.#ancestor = ancestor;
  }

  /** All that is shown is known. */
  begin(): void {
    if (this.#isOver || !this.#ancestor.before.isOver) return;
    this.#stop ??= this.#nodes.shows(
      (id, heads) => this.#busy > 0 || this.#ancestor.isShownBefore(id, heads),
    );
  }

  /** Everything counts as shown until the returned function is called. */
  pause(): () => void {
    this.#busy += 1;
    return () => {
      this.#busy -= 1;
    };
  }

  end(): void {
    this.#isOver = true;
    this.#stop?.();
  }
}
