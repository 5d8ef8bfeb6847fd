/**
 * One `evermesh` process of the demonstration. It says events, one a line; it is stopped politely, and by force if it
 * does not listen. Each is the head of a process group of its own, so that Ctrl-C reaches only the demonstration, which
 * decides who stops first.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** Milliseconds that a process has to close. What it promised to keep is on disk by then in any case. */
const PATIENCE = 5000;
const LAST_LINES = 5;

export class Child {
  #process;
  #seen = new Map();
  #waiting = new Map();
  #lastLines = [];
  #isStopping = false;
  #ended;

  /**
   * @param {string[]} args what to run with this Node
   * @param {{ env: NodeJS.ProcessEnv, onEvent: (event: any) => void, onLost: (why: string[]) => void }} options `onLost`
   *   hears why a process ended that nobody had stopped
   */
  constructor(args, { env, onEvent, onLost }) {
    this.#process = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    createInterface({ input: this.#process.stdout }).on('line', (line) => {
      const event = JSON.parse(line);
      this.#hear(event);
      onEvent(event);
    });
    createInterface({ input: this.#process.stderr }).on('line', (line) => {
      this.#lastLines = [...this.#lastLines, line].slice(-LAST_LINES);
    });
    this.#ended = new Promise((resolve) => {
      const end = (why) => {
        resolve();
        if (this.#isStopping) return;
        // One that told its error has said more than its log.
        onLost(this.#seen.has('error') ? [why] : [why, ...this.#lastLines]);
      };
      this.#process.once('error', (error) => end(`It could not be started: ${error.message}`));
      this.#process.once('close', (code, signal) =>
        end(`It ended by itself (${signal ?? `exit code ${code}`}).`),
      );
    });
  }

  /** The first event of this name, past or future. A process that ends before leaves it open: `onLost` is told. */
  first(name) {
    if (this.#seen.has(name)) return Promise.resolve(this.#seen.get(name));
    return new Promise((resolve) => this.#waiting.set(name, resolve));
  }

  /** Resolves when no process is left. */
  async stop() {
    this.#isStopping = true;
    this.#process.kill('SIGTERM');
    const timer = setTimeout(() => this.kill(), PATIENCE);
    await this.#ended;
    clearTimeout(timer);
  }

  kill() {
    this.#process.kill('SIGKILL');
  }

  #hear(event) {
    if (!this.#seen.has(event.event)) this.#seen.set(event.event, event);
    this.#waiting.get(event.event)?.(event);
  }
}
