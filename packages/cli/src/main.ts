/** One run of the command: arguments in, an exit code out. Every failure ends here, as an event with a next step. */
import { CommanderError } from 'commander';
import { readConfig } from './config.ts';
import { Directories } from './directories.ts';
import { EXIT } from './exit-codes.ts';
import { openLogger } from './logger.ts';
import { explain } from './next-steps.ts';
import { openOutput, type Output, type Sink } from './output.ts';
import { buildProgram } from './program.ts';
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
    code = report(error, output, json);
  }
  output.end();
  return code;
}

function report(error: unknown, output: Output, json: boolean): number {
  if (error instanceof CommanderError) {
    // Help and version were asked for.
    if (error.exitCode === 0) return EXIT.inStep;
    const next = `See 'evermesh --help'.`;
    if (json) output.tell({ event: 'error', code: 'CONFIG_INVALID', message: plain(error.message), next });
    return EXIT.fatal;
  }
  if (error instanceof Stopped) {
    output.tell({ event: 'stopped' });
    return EXIT.pending;
  }
  output.tell({ event: 'error', ...explain(error) });
  return EXIT.fatal;
}

const plain = (message: string): string => message.replace(/^error: /, '');
