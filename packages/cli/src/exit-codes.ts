/** What a command's exit code tells a script. Written down in `--help` and docs/cli.md; never renumbered. */
export const EXIT = {
  /** Done, and everything is in step. */
  inStep: 0,
  /** Nothing failed, but something waits: for the relay, or for a person to look at a conflict. */
  pending: 1,
  /** Some paths failed or differ; the others are fine. */
  partial: 2,
  /** The command could not do its work, or was used wrongly. */
  fatal: 3,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

export const EXIT_CODES_HELP = `
Exit codes:
  0  in step
  1  something is pending, or there are conflicts to look at
  2  some paths failed or differ, the others are fine
  3  the command could not do its work, or was used wrongly`;
