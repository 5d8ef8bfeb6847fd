/** Where compaction is computed: a seam. The work is much for one turn of the loop, and is best done in another thread. */
import type { Clock } from '../base/index.ts';
import type { BodyCodec } from './body-codec.ts';
import { compactDocument, type CompactionJob, type CompactionResult } from './compact-document.ts';

export interface CompactionRunner {
  /**
   * Called again only when the call before has ended. The job's bytes may be given away.
   * @throws what `compactDocument` throws; COMPACTION_FAILED if it ended without a result; the signal's reason
   */
  run(job: CompactionJob, signal: AbortSignal): Promise<CompactionResult>;
  /** Ends what it holds: nothing is run any more. */
  close(): Promise<void>;
}

/**
 * In this thread, a millisecond or two at a time, and everybody else in between. Two things are done at once all the same:
 * writing down a whole state, and compressing a pack. So where there are threads, and large documents, another is better.
 */
export function inlineCompaction(codec: BodyCodec, clock: Clock): CompactionRunner {
  return {
    async run(job, signal) {
      const steps = compactDocument(job, codec);
      for (;;) {
        signal.throwIfAborted();
        const step = steps.next();
        if (step.done === true) return step.value;
        await pause(clock, signal);
      }
    },
    close: () => Promise.resolve(),
  };
}

/** Ends early if it is aborted: a timer of a clock keeps no process alive, and nobody should wait for it. */
function pause(clock: Clock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = clock.after(0, end);
    signal.addEventListener('abort', end, { once: true });
  });
}
