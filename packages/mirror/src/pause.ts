/** Waits for something that falls due, awake. */
import type { Clock } from '@evermesh/core';
import type { Disk } from './disk.ts';

/** @throws the signal's reason */
export function pause(
  { clock, disk }: { readonly clock: Clock; readonly disk: Disk },
  milliseconds: number,
  signal: AbortSignal,
): Promise<void> {
  const sleep = disk.fs.stayAlive();
  return new Promise<void>((resolve, reject) => {
    const abort = (): void => {
      timer.cancel();
      reject(signal.reason as Error);
    };
    const timer = clock.after(milliseconds, () => {
      signal.removeEventListener('abort', abort);
      resolve();
    });
    signal.addEventListener('abort', abort, { once: true });
  }).finally(sleep);
}
