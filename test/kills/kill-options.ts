/** How a program that kills is called, and where it says what happened. */
import { parseArgs } from 'node:util';

export interface KillOptions {
  readonly runs: number;
  readonly seed: number;
  /** Whether what a failure left on disk stays. */
  readonly keep: boolean;
}

/**
 * Of the command line; the seed is drawn where none is given.
 * @param runs by default
 * @throws TypeError
 */
export function killOptions(runs: number): KillOptions {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: String(runs) },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
      keep: { type: 'boolean', default: false },
    },
  });
  return {
    runs: numberFrom('runs', values.runs),
    seed: numberFrom('seed', values.seed),
    keep: values.keep,
  };
}

export function say(line: string): void {
  // oxlint-disable-next-line no-console -- a program, whose output this is
  console.log(line);
}

function numberFrom(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 0) throw new TypeError(`--${name} takes a whole number.`);
  return value;
}
