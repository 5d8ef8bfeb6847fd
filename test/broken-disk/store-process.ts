/** Runs `store-program.ts` on a directory, as it is or under something that breaks its system calls. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** What a process printed. */
export interface StoreReport {
  readonly kept: readonly string[];
  readonly there: readonly string[];
  /** In order, with the code first. */
  readonly failed: readonly string[];
  /** Rows that were kept behind a failure: an acknowledgement of what cannot be known. */
  readonly keptBehind: readonly string[];
  /** Whether it came to its end: otherwise it was killed, or never began. */
  readonly ended: boolean;
}

/** System calls that fail: the `when`th of them, and with `for ever` those behind it as well. */
export interface Broken {
  readonly calls: string;
  readonly error: 'EIO' | 'ENOSPC' | 'EMFILE';
  readonly when: number;
  readonly forEver?: boolean;
  /** Only those on these paths. */
  readonly paths: readonly string[];
}

/** Why system calls cannot be broken here, if they cannot. */
export async function whyNoStrace(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'system calls are broken on Linux only';
  try {
    await run('strace', ['-f', '-qq', '-o', '/dev/null', '-e', 'inject=fsync:error=EIO', 'true']);
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? 'strace is not installed' : `strace cannot be used: ${message}`;
  }
}

export class StoreProcess {
  readonly #program: string;
  readonly #directory: string;

  /** @param program the bundled `store-program.ts` */
  constructor(program: string, directory: string) {
    this.#program = program;
    this.#directory = directory;
  }

  /** @param runner what runs Node, with its own arguments. Default: nothing does */
  async run(work: readonly string[], runner: readonly string[] = []): Promise<StoreReport> {
    const [file = '', ...args] = [...runner, process.execPath, this.#program, this.#directory, ...work];
    // One thread does all that is asked of the disk: strace counts the calls of each thread apart.
    const env = { ...process.env, UV_THREADPOOL_SIZE: '1' };
    const { stdout } = await run(file, args, { env }).catch((error: { stdout?: string }) => ({
      stdout: error.stdout ?? '',
    }));
    return reportOf(stdout);
  }

  /** Returns the calls that it made as well, in order, with the path of each file. */
  async traced(
    work: readonly string[],
    calls: string,
  ): Promise<StoreReport & { readonly calls: readonly string[] }> {
    const trace = join(this.#directory, '..', 'trace');
    const report = await this.run(work, ['strace', '-f', '-qq', '-y', '-o', trace, '-e', `trace=${calls}`]);
    return { ...report, calls: (await readFile(trace, 'utf8')).split('\n') };
  }

  /** Returns how many calls failed by this as well. */
  async broken(work: readonly string[], how: Broken): Promise<StoreReport & { readonly broken: number }> {
    const { calls, error, when, forEver = false, paths } = how;
    const trace = join(this.#directory, '..', 'trace');
    const inject = `inject=${calls}:error=${error}:when=${when}${forEver ? '+' : ''}`;
    const places = paths.flatMap((path) => ['-P', path]);
    const strace = ['strace', '-f', '-qq', '--seccomp-bpf', '-o', trace, ...places];
    const report = await this.run(work, [...strace, '-e', `trace=${calls}`, '-e', inject]);
    const broken = (await readFile(trace, 'utf8')).split('(INJECTED)').length - 1;
    return { ...report, broken };
  }
}

function reportOf(stdout: string): StoreReport {
  const lines = stdout.split('\n');
  const of = (word: string, among = lines): string[] =>
    among.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  const failure = lines.findIndex((line) => line.startsWith('failed '));
  const keptBehind = failure === -1 ? [] : of('kept', lines.slice(failure));
  return {
    kept: of('kept'),
    there: of('there'),
    failed: of('failed'),
    keptBehind,
    ended: lines.includes('end'),
  };
}
