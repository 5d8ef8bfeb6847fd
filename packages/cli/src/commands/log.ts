/** `evermesh log [PATH]`: what happened in a folder, or to what is or was at a path, the last first. */
import { askDeviceOf } from '../ask-device.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { folderPath } from '../folder-path.ts';
import { usageError } from '../usage-error.ts';

export interface LogFlags {
  readonly number: string;
}

/** All of them are in memory at once. */
const MOST = 100_000;

export async function log(given: string, { number }: LogFlags, context: CommandContext): Promise<ExitCode> {
  const limit = Number(number);
  if (!/^[0-9]+$/.test(number) || limit < 1 || limit > MOST)
    throw usageError(`'${number}' is no number of changes.`, `Give one from 1 to ${MOST}: -n 50.`);
  const { settings, path } = await folderPath(given, context);
  const question = { type: 'log', path, limit } as const;
  const found = await askDeviceOf(settings, context, (device) => device.ask(question, context.signal));
  context.output.tell({ event: 'log', ...found });
  return EXIT.inStep;
}
