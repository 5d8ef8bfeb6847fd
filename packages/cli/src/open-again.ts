/**
 * What needs a store is begun anew when that fails at work. A disk that was full has room one day, and nobody should have to look
 * after an `up` or a relay that runs in the background. What fails before it has worked once is told at once: then somebody is there.
 */
import type { Clock, Timer } from '@evermesh/core/base';
import { isEvermeshError } from '@evermesh/core/errors';
import type { CliEvent } from './events.ts';
import { explain } from './next-steps.ts';

/** Milliseconds before the first further attempt, and the most between two: each is twice as long as the one before. */
const LEAST = 1000;
const MOST = 60_000;

export interface Attempt {
  readonly isFirst: boolean;
  /** Is called when it works, however often. */
  readonly works: () => void;
}

export interface AgainOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly tell: (event: CliEvent) => void;
}

/** @throws what `use` does, unless its store failed after it had worked; the signal's reason */
export async function openAgain<Result>(
  use: (attempt: Attempt) => Promise<Result>,
  { clock, signal, tell }: AgainOptions,
): Promise<Result> {
  let hasWorked = false;
  let wait = LEAST;
  for (let isFirst = true; ; isFirst = false) {
    let patience: Timer | undefined;
    const works = (): void => {
      hasWorked = true;
      // What comes after so long is another trouble.
      patience ??= clock.after(MOST, () => (wait = LEAST));
    };
    try {
      return await use({ isFirst, works });
    } catch (error) {
      if (!hasWorked || !passes(error)) throw error;
      tell({ event: 'waiting', ...explain(error), seconds: wait / 1000 });
    } finally {
      patience?.cancel();
    }
    await pause(clock, wait, signal);
    wait = Math.min(2 * wait, MOST);
  }
}

/** Another command may have the store for a moment while it is closed here. */
const passes = (error: unknown): boolean =>
  isEvermeshError(error, 'STORE_FAILED') || isEvermeshError(error, 'STORE_LOCKED');

function pause(clock: Clock, milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      timer.cancel();
      reject(signal.reason as Error);
    };
    const timer = clock.after(milliseconds, () => {
      signal.removeEventListener('abort', stop);
      resolve();
    });
    signal.addEventListener('abort', stop, { once: true });
    if (signal.aborted) stop();
  });
}
