/** A machine: a name, a clock that may be wrong, and the program that runs on it at a time. */
import type { CompactionJob } from '@evermesh/core/log';
import type { Scheduler } from './scheduler.ts';
import type { Seeded } from './seeded.ts';
import { SimProcess } from './sim-process.ts';
import type { Trace } from './trace.ts';

/** When the world begins, as a right clock has it: milliseconds since 1970. */
const BEGINNING = 1_800_000_000_000;

export class Machine {
  readonly name: string;
  readonly random: Seeded;
  readonly scheduler: Scheduler;
  readonly trace: Trace;
  /** Milliseconds by which the clock is wrong. */
  clockError: number;
  /** How many programs ran here so far. */
  starts = 0;

  constructor(
    name: string,
    parts: { scheduler: Scheduler; random: Seeded; trace: Trace; clockError: number },
  ) {
    this.name = name;
    this.scheduler = parts.scheduler;
    this.random = parts.random.fork(name);
    this.trace = parts.trace;
    this.clockError = parts.clockError;
  }

  /** Milliseconds since 1970 as this machine believes. */
  get time(): number {
    return BEGINNING + this.scheduler.now + this.clockError;
  }

  /** A document of it has been folded, by the program of this kind. */
  compacts(kind: 'device' | 'relay', { floor }: CompactionJob): void {
    const [does, what] =
      floor === undefined ? ['compacts', 'compacts a document'] : ['trims', 'lets older records go'];
    this.trace.count('upkeep', `${kind} ${does}`);
    this.trace.tell({ type: 'program', at: this.scheduler.now, who: this.name, what });
  }

  begin(): SimProcess {
    this.starts += 1;
    this.trace.tell({ type: 'program', at: this.scheduler.now, who: this.name, what: 'begins' });
    return new SimProcess({
      name: this.name,
      number: this.starts,
      scheduler: this.scheduler,
      random: this.random.fork(`program ${this.starts}`),
      trace: this.trace,
      time: () => this.time,
    });
  }
}
