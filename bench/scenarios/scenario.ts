/** What `bench/run.ts` knows of a scenario. */
import type { Figures } from '../figures.ts';

export interface ScenarioOption {
  /** Empty if nothing is given. */
  readonly default: string;
  readonly about: string;
}

export interface ScenarioContext {
  readonly runs: number;
  /** A temporary directory of this run alone; it is removed at the end, whatever happens. */
  readonly directory: string;
  readonly options: ScenarioOptions;
  /** Before the programs of Evermesh that are measured: nothing for the built packages. */
  readonly nodeArguments: readonly string[];
  /** Tells a person who waits what is going on; it is no part of the result. */
  readonly say: (line: string) => void;
}

export interface ScenarioResult {
  readonly figures: Figures;
  /** What was measured, in which version, and what was left out; printed above the figures. */
  readonly notes: readonly string[];
  /** Printed below the figures, or in their place. */
  readonly appendix?: string;
}

export interface Scenario {
  readonly name: string;
  readonly about: string;
  readonly options: Readonly<Record<string, ScenarioOption>>;
  run(context: ScenarioContext): Promise<ScenarioResult>;
}

/** Options as they were given, read as what a scenario needs. */
export class ScenarioOptions {
  readonly #values: ReadonlyMap<string, string>;

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  text(name: string): string {
    return this.#values.get(name) ?? '';
  }

  count(name: string): number {
    const value = Number(this.text(name));
    if (!Number.isInteger(value) || value < 0) throw new UsageError(`--${name} is a whole number.`);
    return value;
  }

  list(name: string): readonly string[] {
    return this.text(name)
      .split(',')
      .map((item) => item.trim())
      .filter((item) => item !== '');
  }

  toJSON(): unknown {
    return Object.fromEntries(this.#values);
  }
}

/** The command line is wrong; its message is all that is shown. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
