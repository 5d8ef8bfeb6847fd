/**
 * The guard against deletions that nobody meant: a wrong script, a disk that lost its contents, a directory moved away
 * for a moment. What is counted is what was removed within a minute, so that a slow deletion counts as one.
 */
import type { Clock } from '@evermesh/core';
import { EvermeshError } from '@evermesh/core/errors';

const WINDOW = 60_000;
/** Below, a folder is so small that a person may well clear it. */
const SMALL = 20;
const MANY = 50;

export class MassDeletionGuard {
  readonly #clock: Clock;
  /** Spent on the first that needs it: what is gone a day later was not meant with it. */
  #allowed: boolean;
  #recent: { readonly time: number; readonly count: number }[] = [];

  constructor(clock: Clock, allowed: boolean) {
    this.#clock = clock;
    this.#allowed = allowed;
  }

  /**
   * @param count what is about to be removed
   * @param known how many nodes disk and folder agreed on before
   * @throws MIRROR_HALTED
   */
  check(count: number, known: number): void {
    if (count === 0) return;
    const now = this.#clock.now();
    this.#recent = this.#recent.filter(({ time }) => time <= now && now - time < WINDOW);
    const before = this.#recent.reduce((sum, recent) => sum + recent.count, 0);
    const removed = before + count;
    const total = before + known;
    if (total >= SMALL && (count === known || removed > Math.max(MANY, total / 2))) {
      if (this.#allowed) {
        this.#allowed = false;
        this.#recent = [];
        return;
      }
      throw new EvermeshError(
        'MIRROR_HALTED',
        `${removed} of ${total} entries are gone from the directory. Nothing more is deleted on other devices. ` +
          'Bring the files back, or say that it was meant.',
        { details: { removed, total } },
      );
    }
    this.#recent.push({ time: now, count });
  }
}
