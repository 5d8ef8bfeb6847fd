/** How a program that kills is called, and where it says what happened. */
import { parseArgs } from 'node:util';

export interface KillOptions {
  readonly runs: number;
  readonly seed: number;
  /** Whether what a failure left on disk stays. */
  readonly keep: boolean;
}

/**
 * Of the command line; the seed is drawn where none is given. Ends the process where help is asked for.
 * @param name of the command
 * @param what it does, in a line
 * @param runs by default
 * @throws TypeError
 */
export function killOptions(name: string, what: string, runs: number): KillOptions {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: String(runs) },
      seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    say(`npm run ${name}: ${what}

  --runs    how often [${runs}]
  --seed    of the first; the next ones follow. Default: drawn
  --keep    leave on disk what a failure left there`);
    process.exit(0);
  }
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
