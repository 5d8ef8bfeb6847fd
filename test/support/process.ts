/**
 * One `evermesh` process of a test. Tests wait for what it says, never for time to pass; whatever it
 * said is in the message of a failure.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

/** An event of `--json`; which fields it has is written in docs/cli.md. */
export interface Told {
  readonly event: string;
  // oxlint-disable-next-line typescript/no-explicit-any -- a test reads the fields it expects and fails if they are not there
  readonly [field: string]: any;
}

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly events: readonly Told[];
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  /** A bundled `evermesh`. */
  readonly command: string;
  readonly env: NodeJS.ProcessEnv;
  readonly cwd: string;
  /** What runs the command, with its own arguments. Default: this Node. */
  readonly runner?: readonly string[];
}

interface Waiting {
  readonly matches: (told: Told) => boolean;
  readonly resolve: (told: Told) => void;
  readonly reject: (error: Error) => void;
}

export class EvermeshProcess {
  readonly events: Told[] = [];
  readonly ended: Promise<Ended>;
  readonly #args: readonly string[];
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #waiting = new Set<Waiting>();
  /** Events before this one were waited for already. */
  #read = 0;
  #stdout = '';
  #stderr = '';
  #isOver = false;

  constructor(args: readonly string[], { command, env, cwd, runner = [process.execPath] }: StartOptions) {
    this.#args = args;
    this.#child = spawn(runner[0]!, [...runner.slice(1), command, ...args], { env, cwd });
    this.#child.stdin.end();
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#line(line));
    this.ended = new Promise((resolve) => {
      this.#child.on('close', (code, signal) => {
        this.#isOver = true;
        const ended = { code, signal, events: this.events, stdout: this.#stdout, stderr: this.#stderr };
        for (const { reject } of this.#waiting) reject(this.#failure('it ended first'));
        resolve(ended);
      });
    });
  }

  /** The command with its arguments. */
  get what(): string {
    return `evermesh ${this.#args.join(' ')}`;
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /**
   * The next event of this name that has not been waited for, past or future; those before it are passed over. With
   * `where`, the next one for which it holds.
   */
  next(event: string, where: (told: Told) => boolean = () => true): Promise<Told> {
    const matches = (told: Told): boolean => told.event === event && where(told);
    const found = this.events.findIndex((told, index) => index >= this.#read && matches(told));
    if (found !== -1) {
      this.#read = found + 1;
      return Promise.resolve(this.events[found]!);
    }
    this.#read = this.events.length;
    if (this.#isOver) return Promise.reject(this.#failure(`it ended without '${event}'`));
    return new Promise((resolve, reject) => {
      const waiting: Waiting = {
        matches,
        resolve: (told) => {
          this.#waiting.delete(waiting);
          this.#read = this.events.length;
          resolve(told);
        },
        reject,
      };
      this.#waiting.add(waiting);
    });
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Ends it as a person would, and waits until it has closed everything. */
  stop(): Promise<Ended> {
    this.kill('SIGTERM');
    return this.ended;
  }

  #line(line: string): void {
    this.#stdout += `${line}\n`;
    if (!line.startsWith('{')) return;
    const told = JSON.parse(line) as Told;
    this.events.push(told);
    for (const waiting of [...this.#waiting]) if (waiting.matches(told)) waiting.resolve(told);
  }

  #failure(what: string): Error {
    const said = this.#stdout.split('\n').slice(-20).join('\n');
    return new Error(`${this.what}: ${what}.\nstdout: ${said}\nstderr: ${this.#stderr.slice(-4000)}`);
  }
}
