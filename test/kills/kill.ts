/** One kill -9 at a point of a progress, and the book in which all of them stand. */
import type { EvermeshProcess } from '../support/process.ts';
import type { Progress } from './progress.ts';

export const VICTIMS = ['relay', 'sender', 'receiver'] as const;
export type Victim = (typeof VICTIMS)[number];
export const PHASES = ['first sync', 'saves'] as const;
export type Phase = (typeof PHASES)[number];

export interface Fall {
  readonly victim: Victim;
  readonly phase: Phase;
  /** It was killed once more while it recovered; such a fall is no run of its own. */
  readonly again: boolean;
  /** The work had begun and had not ended. */
  readonly inside: boolean;
  /** Where, for people. */
  readonly where: string;
}

/** Kills a process as soon as a progress reaches a point. */
export class ArmedKill {
  /** Resolves when the process is gone. Rejects if it ended by itself. */
  readonly fallen: Promise<void>;
  readonly #victim: EvermeshProcess;
  readonly #progress: Progress;
  readonly #disarm: () => void;
  #hasFallen = false;
  #at = 0;

  constructor(victim: EvermeshProcess, progress: Progress, point: number) {
    this.#victim = victim;
    this.#progress = progress;
    this.#disarm = progress.at(point, () => this.#fall());
    this.fallen = victim.ended.then(({ code, signal, stdout, stderr }) => {
      this.#hasFallen = true;
      if (signal === 'SIGKILL') return;
      throw new Error(
        `It ended with ${code ?? signal} before it was killed:\n${stdout.slice(-4000)}${stderr.slice(-4000)}`,
      );
    });
    this.fallen.catch(() => undefined);
  }

  /** How far the progress was in that moment. */
  get at(): number {
    return this.#at;
  }

  get hasFallen(): boolean {
    return this.#hasFallen;
  }

  /** The point was never reached: kills it where it is. */
  now(): Promise<void> {
    this.#disarm();
    this.#fall();
    return this.fallen;
  }

  #fall(): void {
    this.#at = this.#progress.now;
    this.#victim.kill('SIGKILL');
  }
}

export class KillBook {
  readonly #falls: Fall[] = [];
  readonly #say: (line: string) => void;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  enter(fall: Fall): void {
    this.#falls.push(fall);
    const outside = fall.inside ? '' : ', NOT in the middle of the work';
    this.#say(
      `  ${fall.victim.padEnd(8)} ${fall.phase.padEnd(10)} ${fall.again ? 'again ' : ''}at ${fall.where}${outside}`,
    );
  }

  /** How many runs there were, and how many of them fell in the middle. */
  count(filter: { readonly victim?: Victim; readonly phase?: Phase }): { runs: number; inside: number } {
    const found = this.#falls.filter(
      ({ again, victim, phase }) =>
        !again && (filter.victim ?? victim) === victim && (filter.phase ?? phase) === phase,
    );
    return { runs: found.length, inside: found.filter(({ inside }) => inside).length };
  }

  get again(): number {
    return this.#falls.filter(({ again }) => again).length;
  }

  /**
   * What was not tried after all: kinds of kills of which not even a quarter fell in the middle of the work, or none at all. A
   * single world has one phase only.
   */
  get missed(): string[] {
    if (this.#falls.length === 0) return ['nothing was killed'];
    const missed: string[] = [];
    for (const phase of PHASES.filter((one) => this.count({ phase: one }).runs > 0)) {
      for (const victim of VICTIMS) {
        const { runs, inside } = this.count({ victim, phase });
        if (runs === 0) missed.push(`the ${victim} was not killed in ${phase}`);
        else if (inside < runs / 4)
          missed.push(
            `${runs - inside} of ${runs} kills of the ${victim} in ${phase} fell outside of the work`,
          );
      }
    }
    return missed;
  }

  closingLine({ failures, seed, seconds }: { failures: number; seed: number; seconds: number }): string {
    const kinds = VICTIMS.map((victim) => `${this.count({ victim }).runs} ${victim}`).join(', ');
    const phases = PHASES.map((phase) => `${this.count({ phase }).runs} in ${phase}`).join(', ');
    return (
      `kills: ${this.count({}).runs} runs (${kinds}), ${phases}, ${this.again} again in recovery, ` +
      `${failures} failures, seed ${seed}, ${Math.round(seconds)} s`
    );
  }
}
