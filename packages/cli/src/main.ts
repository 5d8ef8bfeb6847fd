/** One run of the command: arguments in, an exit code out. Every failure ends here, as an event with a next step. */
import { CommanderError } from 'commander';
import { readConfig } from './config.ts';
import { Directories } from './directories.ts';
import { EXIT } from './exit-codes.ts';
import { openLogger } from './logger.ts';
import { explain } from './next-steps.ts';
import { openOutput, type Output, type Sink } from './output.ts';
import { buildProgram, COMMANDS } from './program.ts';
import { Stopped, type StopSignal } from './stop-signal.ts';

export interface MainOptions {
  readonly version: string;
  readonly stop: StopSignal;
  readonly stdout: Sink;
  readonly stderr: Sink;
}

export async function main(
  args: readonly string[],
  { version, stop, stdout, stderr }: MainOptions,
): Promise<number> {
  const config = readConfig();
  // Wrong usage is found before the options are, and a program that asked for events must get one then, too.
  const json = args.includes('--json');
  const output = openOutput({ stdout, stderr, json, noColor: config.noColor });
  let code: number = EXIT.inStep;
  const program = buildProgram({
    version,
    writeOut: (text) => void stdout.write(text),
    writeError: (text) => void (json || stderr.write(text)),
    run: async ({ verbose }, action) => {
      const directories = new Directories(config.state);
      // A relay's log is read by whoever runs it; the other commands say what matters in their output.
      const level = verbose === true ? 'debug' : args[0] === 'relay' ? 'info' : 'warn';
      code = await action({ config, directories, output, signal: stop.signal, logger: openLogger(level) });
    },
  });
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (error) {
    code = report(error, args, output, json);
  }
  output.end();
  return code;
}

function report(error: unknown, args: readonly string[], output: Output, json: boolean): number {
  if (error instanceof CommanderError) {
    // Help and version were asked for.
    if (error.exitCode === 0) return EXIT.inStep;
    // Without any command the help has been shown, which says it all to a person.
    const isHelp = error.code === 'commander.help';
    const message = isHelp ? 'No command was given.' : plain(error.message);
    if (json || !isHelp) output.tell({ event: 'error', code: 'CONFIG_INVALID', message, next: helpOf(args) });
    return EXIT.fatal;
  }
  if (error instanceof Stopped) {
    output.tell({ event: 'stopped' });
    return EXIT.pending;
  }
  output.tell({ event: 'error', ...explain(error) });
  return EXIT.fatal;
}

/** In the way of all other messages: a sentence on one line. */
function plain(message: string): string {
  const [what = '', ...hints] = message.replace(/^error: /, '').split('\n');
  return [`${what.charAt(0).toUpperCase()}${what.slice(1).replace(/\.$/, '')}.`, ...hints].join(' ');
}

const helpOf = ([command]: readonly string[]): string =>
  COMMANDS.some((known) => known === command)
    ? `See 'evermesh ${command} --help'.`
    : `See 'evermesh --help'.`;
