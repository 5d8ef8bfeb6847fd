/** Waits until a folder's tree is here, or is known to be one that this version does not read. */
import type { FolderState } from './folder-state.ts';

/** @throws FORMAT_TOO_NEW; the signal's reason */
export function whenReady(state: FolderState, { signal }: { signal?: AbortSignal }): Promise<void> {
  return new Promise((resolve, reject) => {
    const settle = (): boolean => {
      const { failure, ready } = state;
      if (failure !== undefined) {
        reject(failure);
        return true;
      }
      if (ready) resolve();
      return ready;
    };
    if (signal?.aborted === true) return reject(signal.reason as Error);
    if (settle()) return;
    const stop = state.progress.add(() => {
      if (!settle()) return;
      stop();
      signal?.removeEventListener('abort', abort);
    });
    const abort = (): void => {
      stop();
      reject(signal?.reason as Error);
    };
    signal?.addEventListener('abort', abort, { once: true });
  });
}
