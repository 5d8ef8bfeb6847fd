/** What runs in the thread that compacts: takes jobs one after the other, and answers each. */
import { parentPort } from 'node:worker_threads';
import { isEvermeshError } from '@evermesh/core/errors';
import { compactDocument, type CompactionJob, type CompactionResult } from '@evermesh/core/log';
import { documentCodec } from '@evermesh/core/model';
import type { CompactionAnswer } from './compaction-answer.ts';

parentPort?.on('message', (job: CompactionJob) => {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- because the rule takes a port of Node for a window
  parentPort?.postMessage(answerTo(job));
});

function answerTo(job: CompactionJob): CompactionAnswer {
  try {
    return { type: 'result', result: finished(job) };
  } catch (error) {
    // What no caller is told of ends the thread.
    if (!isEvermeshError(error)) throw error;
    return { type: 'error', code: error.code, message: error.message };
  }
}

/** Nobody else waits in this thread: all steps are one. */
function finished(job: CompactionJob): CompactionResult {
  const steps = compactDocument(job, documentCodec);
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}
