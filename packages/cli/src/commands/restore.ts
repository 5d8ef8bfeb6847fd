/** `evermesh restore PATH`: what was removed there comes back, or a file holds again what it held once. */
import { askDeviceOf } from '../ask-device.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { folderPath } from '../folder-path.ts';
import { usageError } from '../usage-error.ts';

export interface RestoreFlags {
  /** The id of a version; `--version` is the command's own. */
  readonly at?: string | undefined;
  readonly removed?: string | undefined;
  readonly to?: string | undefined;
}

export async function restore(
  given: string,
  flags: RestoreFlags,
  context: CommandContext,
): Promise<ExitCode> {
  const { at: version, removed } = flags;
  if (version !== undefined && removed !== undefined)
    throw usageError('A version and what was removed are two things.', 'Give --at or --removed.');
  const { settings, path } = await folderPath(given, context);
  const to = flags.to === undefined ? undefined : await folderPath(flags.to, context);
  if (to !== undefined && to.settings.directory !== settings.directory)
    throw usageError(`${given} and ${flags.to} lie in two folders.`, 'Restore it where it was, and copy it.');
  const question = { type: 'restore', path, version, removed, to: to?.path } as const;
  const done = await askDeviceOf(settings, context, (device) => device.ask(question, context.signal));
  context.output.tell({ event: 'restored', ...done });
  return EXIT.inStep;
}
