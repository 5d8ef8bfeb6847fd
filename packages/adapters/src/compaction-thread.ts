/**
 * Compaction in a thread of Node: the thread that everything else runs in is only given bytes to read and to write. It is started
 * when there is something to do, ends when there was nothing for a while, and keeps no process alive.
 */
import { Worker, type WorkerOptions } from 'node:worker_threads';
import { systemClock, type Timer } from '@evermesh/core/base';
import { EvermeshError } from '@evermesh/core/errors';
import type { CompactionJob, CompactionResult, CompactionRunner } from '@evermesh/core/log';
import type { CompactionAnswer } from './compaction-answer.ts';

/** Documents that are due come in bursts, and starting a thread takes 50 ms or more. */
const IDLE_MS = 5000;
/**
 * Memory of the thread's objects, 1 GiB: a document that needs more, of which a hostile one can make a short body need any amount, ends
 * the thread and not the process.
 */
const MEMORY_MB = 1024;

/** What is run from sources needs in each thread what loads TypeScript there. */
const IS_SOURCE = import.meta.url.endsWith('.ts');
const PROGRAM = new URL(`./compaction-thread-main.${IS_SOURCE ? 'ts' : 'js'}`, import.meta.url);
const LOAD_SOURCE = `
  const { loader, program } = require('node:worker_threads').workerData;
  import(loader).then(({ register }) => { register(); return import(program); });`;

/**
 * A runner for `openReplica({ compaction: { runner } })`; one for each replica. A bundle has to hold the file
 * `compaction-thread-main.js` of this package beside itself, or, without it, compacts nothing and says so in the log.
 */
export function threadCompaction(): CompactionRunner {
  return new ThreadCompaction();
}

class ThreadCompaction implements CompactionRunner {
  #thread: Worker | undefined;
  #idle: Timer | undefined;
  /** What ended the last thread that failed. */
  #failure: unknown;

  async run(job: CompactionJob, signal: AbortSignal): Promise<CompactionResult> {
    signal.throwIfAborted();
    this.#idle?.cancel();
    const thread = (this.#thread ??= this.#start());
    const answer = await answerOf(thread, job, signal);
    if (answer === undefined) {
      await this.close();
      signal.throwIfAborted();
      throw new EvermeshError('INTERNAL', `The thread that compacts ended: ${String(this.#failure)}`, {
        cause: this.#failure,
      });
    }
    this.#idle = systemClock.after(IDLE_MS, () => void this.close());
    if (answer.type === 'result') return answer.result;
    throw new EvermeshError(answer.code, answer.message);
  }

  async close(): Promise<void> {
    this.#idle?.cancel();
    const thread = this.#thread;
    this.#thread = undefined;
    await thread?.terminate();
  }

  #start(): Worker {
    const resourceLimits = { maxOldGenerationSizeMb: MEMORY_MB };
    const thread = IS_SOURCE ? startSource({ resourceLimits }) : new Worker(PROGRAM, { resourceLimits });
    thread.unref();
    // An error that nobody listens for would end the process. The thread ends with it, and that is noticed.
    thread.on('error', (error) => (this.#failure = error));
    thread.once('exit', () => {
      if (this.#thread === thread) this.#thread = undefined;
    });
    return thread;
  }
}

function startSource(options: WorkerOptions): Worker {
  const loader = import.meta.resolve('tsx/esm/api');
  return new Worker(LOAD_SOURCE, {
    ...options,
    eval: true,
    execArgv: ['--conditions=@evermesh/source'],
    workerData: { loader, program: PROGRAM.href },
  });
}

/** Nothing, if the thread ended or the signal came first. */
function answerOf(
  thread: Worker,
  job: CompactionJob,
  signal: AbortSignal,
): Promise<CompactionAnswer | undefined> {
  return new Promise((resolve) => {
    const answered = (answer?: CompactionAnswer): void => {
      thread.off('message', answered);
      thread.off('exit', ended);
      signal.removeEventListener('abort', ended);
      resolve(answer);
    };
    const ended = (): void => answered();
    thread.on('message', answered);
    thread.on('exit', ended);
    signal.addEventListener('abort', ended);
    // The rows are nobody else's; the state may be the store's own array.
    thread.postMessage(job, [job.rows.buffer as ArrayBuffer]);
  });
}
