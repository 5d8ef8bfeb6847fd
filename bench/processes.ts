/**
 * Processes that a scenario starts. Each leads a process group of its own, so that Ctrl-C in a terminal reaches only
 * the benchmark, which then ends them in order; all that are alive are known here.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

const WORDS_KEPT = 20;
const END_MS = 20_000;

const alive = new Set<Child>();

export interface StartOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly onLine?: (line: string) => void;
}

export class Child {
  readonly name: string;
  /** Resolves with the exit code, or with nothing if a signal ended it. Never rejects. */
  readonly ended: Promise<number | undefined>;
  readonly #process: ChildProcess;
  readonly #lastWords: string[] = [];

  constructor(name: string, command: string, args: readonly string[], options: StartOptions = {}) {
    this.name = name;
    const { env = process.env, cwd, onLine } = options;
    this.#process = spawn(command, args, {
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(cwd === undefined ? {} : { cwd }),
    });
    alive.add(this);
    for (const stream of [this.#process.stdout!, this.#process.stderr!]) {
      createInterface({ input: stream }).on('line', (line) => {
        this.#lastWords.push(line);
        if (this.#lastWords.length > WORDS_KEPT) this.#lastWords.shift();
        if (stream === this.#process.stdout) onLine?.(line);
      });
    }
    this.ended = new Promise((resolve) => {
      const end = (code: number | undefined): void => {
        alive.delete(this);
        resolve(code);
      };
      this.#process.on('error', (error) => {
        this.#lastWords.push(error.message);
        end(undefined);
      });
      this.#process.on('close', (code) => end(code ?? undefined));
    });
  }

  get pid(): number {
    return this.#process.pid!;
  }

  /** What it printed last, for the message of a failure. */
  get lastWords(): string {
    return this.#lastWords.join('\n');
  }

  /** Ends it as a person would, by force if it does not listen. */
  async stop(): Promise<void> {
    this.signal('SIGTERM');
    const force = setTimeout(() => this.signal('SIGKILL'), END_MS);
    await this.ended;
    clearTimeout(force);
  }

  /** To the whole group: some engines run below a process that watches over them. */
  signal(signal: NodeJS.Signals): void {
    if (this.#process.pid === undefined || !alive.has(this)) return;
    try {
      process.kill(-this.#process.pid, signal);
    } catch (error) {
      // It ended between the question and the signal.
      if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
    }
  }
}

export async function endAllChildren(): Promise<void> {
  await Promise.all([...alive].map((child) => child.stop()));
}

/** For the last moment of this process, when nothing can be awaited. */
export function killAllChildren(): void {
  for (const child of alive) child.signal('SIGKILL');
}

/** Runs a command to its end and returns what it printed. */
export async function run(
  command: string,
  args: readonly string[],
  options: StartOptions = {},
): Promise<string> {
  const lines: string[] = [];
  const child = new Child(command, command, args, { ...options, onLine: (line) => lines.push(line) });
  const code = await child.ended;
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${child.lastWords}`);
  return lines.join('\n');
}
