/** A relay in a process of its own, and what it costs. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { memoryOf, type Memory } from '../process-cost.ts';
import { Child } from '../processes.ts';

const SERVE = join(import.meta.dirname, 'serve.ts');

export interface RelayCost {
  /** By all threads since the process started. */
  readonly processorMicroseconds: number;
  /** In the heap, in external memory and in array buffers, after collecting. */
  readonly liveBytes: number;
}

interface Told extends Partial<RelayCost> {
  readonly port?: number;
}

export class RelayProcess implements AsyncDisposable {
  readonly port: number;
  readonly #child: Child;
  readonly #next: () => Promise<Told>;

  /** @param nodeArguments before the program's own: which form of Evermesh's packages is run */
  static async start(
    name: string,
    directory: string,
    nodeArguments: readonly string[],
  ): Promise<RelayProcess> {
    await mkdir(directory, { recursive: true });
    const waiting: ((told: Told) => void)[] = [];
    const next = (): Promise<Told> => new Promise((resolve) => waiting.push(resolve));
    const node = ['--expose-gc', ...nodeArguments, '--import', import.meta.resolve('tsx')];
    const listening = next();
    const child = new Child(name, process.execPath, [...node, SERVE, name, directory], {
      onLine: (line) => {
        if (line.startsWith('{')) waiting.shift()?.(JSON.parse(line) as Told);
      },
    });
    const { port = 0 } = await untilEnded(child, listening);
    return new RelayProcess(child, port, next);
  }

  private constructor(child: Child, port: number, next: () => Promise<Told>) {
    this.#child = child;
    this.port = port;
    this.#next = next;
  }

  async cost(): Promise<RelayCost> {
    const next = this.#next();
    this.#child.signal('SIGUSR2');
    return (await untilEnded(this.#child, next)) as RelayCost;
  }

  /** As the system sees it. */
  get memory(): Memory {
    return memoryOf(this.#child.pid);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#child.stop();
  }
}

const untilEnded = <Value>(child: Child, promise: Promise<Value>): Promise<Value> =>
  Promise.race([
    promise,
    child.ended.then((code): never => {
      throw new Error(`${child.name} ended (${code ?? 'by a signal'}):\n${child.lastWords}`);
    }),
  ]);
