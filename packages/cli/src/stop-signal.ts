/** Ctrl-C and `kill`: the first asks to close cleanly, the second ends the process at once. */
import { constants } from 'node:os';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Why a command ended early: somebody asked for it. */
export class Stopped extends Error {
  override readonly name = 'Stopped';
}

export interface StopSignal extends Disposable {
  readonly signal: AbortSignal;
  /** As if the first signal had come: for instance when nobody reads the output any more. */
  stop(reason: string): void;
}

export function listenForStop(target: NodeJS.Process): StopSignal {
  const controller = new AbortController();
  const stop = (reason: string): void => {
    if (!controller.signal.aborted) controller.abort(new Stopped(reason));
  };
  const handler = (name: NodeJS.Signals): void => {
    // Every promise kept so far is durable, so an end in the middle of closing loses nothing; it only takes the
    // next start longer.
    if (controller.signal.aborted) target.exit(128 + constants.signals[name]);
    stop(`Stopped by ${name}.`);
  };
  for (const name of SIGNALS) target.on(name, handler);
  return {
    signal: controller.signal,
    stop,
    [Symbol.dispose]: () => {
      for (const name of SIGNALS) target.off(name, handler);
    },
  };
}

/** Resolves when the signal is given. */
export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
