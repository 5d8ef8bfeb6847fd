import type { Clock } from './clock.ts';

/** The platform's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, run) {
    const handle = setTimeout(run, milliseconds);
    // Node only: a pending timer must not hold the process open. Browsers return a number.
    (handle as unknown as { unref?: () => void }).unref?.();
    return { cancel: () => clearTimeout(handle) };
  },
  turn: () => new Promise((resolve) => void setTimeout(resolve, 0)),
};
