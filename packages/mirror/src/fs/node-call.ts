/**
 * Calls of `node:fs` with a callback, as promises. What is done with every file is called this way: the functions of
 * `node:fs/promises`, and above all their handles, cost twice the processor time for the same call of the system.
 */
export const called = <Value>(
  start: (end: (error: NodeJS.ErrnoException | null, value: Value) => void) => void,
): Promise<Value> =>
  new Promise((resolve, reject) => {
    start((error, value) => (error === null ? resolve(value) : reject(error)));
  });

/** The same for a call that answers nothing. */
export const ended = (start: (end: (error: NodeJS.ErrnoException | null) => void) => void): Promise<void> =>
  called<void>((end) => start((error) => end(error, undefined)));
