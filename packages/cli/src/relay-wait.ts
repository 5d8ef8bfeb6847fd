/** Waits for something that needs the relay: for ever while it answers, for a bounded time while it cannot be reached. */
import type { Clock, Timer } from '@evermesh/core';
import type { LinkWatch } from './link-watch.ts';

export interface RelayWait {
  readonly clock: Clock;
  /** Milliseconds without a connection after which it is given up. Default: never. */
  readonly wait?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * @returns whether `isDone` came true; `false` if the relay could not be reached for too long
 * @throws why the relay refuses, if waiting is of no use; the signal's reason
 */
export async function relayBrings(
  link: LinkWatch,
  isDone: () => boolean,
  { clock, wait, signal }: RelayWait,
): Promise<boolean> {
  let timer: Timer | undefined;
  let isTired = false;
  const hasEnded = (): boolean => {
    if (link.isConnected || wait === undefined) {
      timer?.cancel();
      timer = undefined;
    } else {
      timer ??= clock.after(wait, () => {
        isTired = true;
        link.changed.emit();
      });
    }
    return isDone() || isTired || link.failure !== undefined;
  };
  try {
    await link.until(hasEnded, signal);
  } finally {
    timer?.cancel();
  }
  if (isDone()) return true;
  if (link.failure !== undefined) throw link.failure;
  return false;
}
