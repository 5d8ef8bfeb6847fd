/** A process that appends to a log, and everything that it printed. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { watch } from 'node:fs';
import type { Readable } from 'node:stream';

export class AppendingProcess {
  printed = '';
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #closed: Promise<unknown>;
  #complaint = '';

  /** @param program the bundled `appending.ts`, or another one that prints as it does */
  constructor(program: string, args: readonly string[]) {
    this.#child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#closed = once(this.#child, 'close');
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.printed += text;
      this.#child.emit('printed');
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complaint += text;
    });
  }

  /** Resolves when it has printed so many lines. @throws if it ends before */
  async said(lines: number): Promise<void> {
    while (this.printed.split('\n').length <= lines) {
      const ended = this.#closed.then(() => {
        throw new Error(`It ended by itself:\n${this.#complaint}`);
      });
      await Promise.race([once(this.#child, 'printed'), ended]);
    }
  }

  /** Kills it as soon as a file appears in a directory whose name ends so. @throws if it ends before */
  async killAt(directory: string, ending: string): Promise<void> {
    await this.made(directory, ending, () => this.#child.kill('SIGKILL'));
    await this.#closed;
    this.#expectKilled();
  }

  /** Resolves when a file appears in a directory whose name ends so; `act` is called in that moment. @throws if it ends before */
  async made(directory: string, ending: string, act: () => void = () => undefined): Promise<void> {
    const watcher = watch(directory);
    try {
      await new Promise<void>((resolve, reject) => {
        watcher.on('change', (type, name) => {
          if (type !== 'rename' || !String(name).endsWith(ending)) return;
          act();
          resolve();
        });
        void this.#closed.then(() => reject(new Error(`It ended by itself:\n${this.#complaint}`)));
      });
    } finally {
      watcher.close();
    }
  }

  /** Kills it, and resolves when it is gone. @throws if it had ended by itself */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
    this.#expectKilled();
  }

  /** Kills it, if it has not ended: of a disk that is gone it may have heard. */
  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#closed;
  }

  #expectKilled(): void {
    if (this.#child.signalCode !== 'SIGKILL') throw new Error(`It ended by itself:\n${this.#complaint}`);
  }
}
