/**
 * Worlds one after the other, or several at a time in processes of their own. A seed decides its world whichever process it is in,
 * and what came of it is told in the order of seeds: so how many there are changes nothing but how long it takes.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { RunOptions } from '@evermesh/testkit/sim';
import { type Outcome, outcomeOf } from './outcome.ts';

const WORKER = fileURLToPath(new URL('worker.ts', import.meta.url));
/** Packages come from where this process has them: `npm run sim` takes what is built, tests take the sources. */
const LIKE_HERE = [...process.execArgv, '--import', import.meta.resolve('tsx')];

export interface Worlds extends Pick<RunOptions, 'devices' | 'profile'> {
  /** The first world's seed. */
  readonly seed: number;
  /** Where failures are kept. */
  readonly directory: string;
  /** Whether another world is to be begun, after so many. */
  readonly wants: (begun: number) => boolean;
  /** Told what came of each, in the order of seeds. */
  readonly told: (outcome: Outcome) => void;
}

/** What a worker is asked: one world. */
export interface Task {
  readonly options: RunOptions;
  readonly directory: string;
}

/**
 * Whoever simulates worlds for as long as `work` lasts, which may ask for worlds of one kind after those of another: a process needs
 * some dozens of worlds until its code is as fast as it gets.
 * @param jobs how many worlds at a time
 */
export async function withSimulators<T>(
  jobs: number,
  work: (simulate: (worlds: Worlds) => Promise<void>) => Promise<T>,
): Promise<T> {
  const simulators = jobs === 1 ? [here] : Array.from({ length: jobs }, () => new Worker());
  try {
    return await work((worlds) => simulate(simulators, worlds));
  } finally {
    for (const simulator of simulators) simulator.close();
  }
}

async function simulate(simulators: readonly Simulator[], worlds: Worlds): Promise<void> {
  const { seed, directory, wants, told, ...world } = worlds;
  const early = new Map<number, Outcome>();
  let begun = 0;
  let next = 0;
  const work = async (simulator: Simulator): Promise<void> => {
    while (wants(begun)) {
      const at = begun++;
      early.set(at, await simulator.outcomeOf({ options: { seed: String(seed + at), ...world }, directory }));
      for (let one = early.get(next); one !== undefined; one = early.get(++next)) {
        early.delete(next);
        told(one);
      }
    }
  };
  await Promise.all(simulators.map(work));
}

interface Simulator {
  outcomeOf(task: Task): Promise<Outcome>;
  close(): void;
}

const here: Simulator = {
  outcomeOf: ({ options, directory }) => outcomeOf(options, directory),
  close: () => undefined,
};

/** A process that is given one world at a time. */
class Worker implements Simulator {
  readonly #child: ChildProcess = fork(WORKER, { execArgv: LIKE_HERE });

  outcomeOf(task: Task): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      const ended = (code: number | null): void =>
        reject(
          new Error(`The process that simulated seed ${task.options.seed} ended with ${code ?? 'a signal'}.`),
        );
      this.#child.once('exit', ended);
      this.#child.once('message', (outcome) => {
        this.#child.off('exit', ended);
        resolve(outcome as Outcome);
      });
      this.#child.send(task);
    });
  }

  close(): void {
    this.#child.kill();
  }
}
