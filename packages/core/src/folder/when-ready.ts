/** Waits until a folder's tree is here, or is known to be one that this version does not read. */
import { EvermeshError } from '../errors/index.ts';
import type { FolderState } from './folder-state.ts';

/** @throws FORMAT_TOO_NEW; the signal's reason; STORE_CLOSED if the folder closes first */
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
    const stop = (): void => {
      for (const each of stops) each();
      signal?.removeEventListener('abort', abort);
    };
    const abort = (): void => {
      stop();
      reject(signal?.reason as Error);
    };
    const stops = [
      state.progress.add(() => {
        if (settle()) stop();
      }),
      state.closed.add(() => {
        stop();
        reject(new EvermeshError('STORE_CLOSED', 'The replica was closed.'));
      }),
    ];
    signal?.addEventListener('abort', abort, { once: true });
  });
}
