/**
 * One temporary directory a run, and what must be undone at its end, Ctrl-C included: children are ended first, then
 * the directory is removed.
 */
import { rmSync } from 'node:fs';
import { mkdtemp, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { endAllChildren, killAllChildren } from './processes.ts';

export class WorkDirectory implements AsyncDisposable {
  readonly path: string;
  #isInterrupted = false;
  readonly #onSignal = (signal: NodeJS.Signals): void => void this.#interrupted(signal);
  readonly #onExit = (): void => {
    killAllChildren();
    rmSync(this.path, { recursive: true, force: true });
  };

  static async open(): Promise<WorkDirectory> {
    return new WorkDirectory(await realpath(await mkdtemp(join(tmpdir(), 'evermesh-bench-'))));
  }

  private constructor(path: string) {
    this.path = path;
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, this.#onSignal);
    // Whatever ends this process, it leaves nothing behind.
    process.on('exit', this.#onExit);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await endAllChildren();
    await rm(this.path, { recursive: true, force: true, maxRetries: 3 });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, this.#onSignal);
    process.off('exit', this.#onExit);
  }

  async #interrupted(signal: NodeJS.Signals): Promise<void> {
    // Whoever asks twice does not wait for anything to close: the handler of `exit` ends it by force.
    if (this.#isInterrupted) process.exit(130);
    this.#isInterrupted = true;
    console.error(`\n${signal}: ending what was started.`);
    await this[Symbol.asyncDispose]();
    process.exit(130);
  }
}
