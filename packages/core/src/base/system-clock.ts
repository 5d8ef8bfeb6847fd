import type { Clock } from './clock.ts';

/** Milliseconds, nearly 25 days. What is to wait longer than that a platform's timer does at once. */
const LONGEST = 2 ** 31 - 1;

/** The platform's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  after(milliseconds, run) {
    let handle: ReturnType<typeof setTimeout>;
    const wait = (left: number): void => {
      const next = Math.min(left, LONGEST);
      handle = setTimeout(() => (left > next ? wait(left - next) : run()), next);
      // Node only: a pending timer must not hold the process open. Browsers return a number.
      (handle as unknown as { unref?: () => void }).unref?.();
    };
    wait(milliseconds);
    return { cancel: () => clearTimeout(handle) };
  },
  // No timer: of a page that nobody looks at, browsers run those once a second, and later once a minute.
  turn: () =>
    new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel();
      const end = (): void => {
        port1.close();
        resolve();
      };
      port1.addEventListener('message', end, { once: true });
      port1.start();
      port2.postMessage(undefined);
    }),
};
