/** `evermesh versions FILE`: what a file held, the last first. */
import { askDeviceOf } from '../ask-device.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { folderPath } from '../folder-path.ts';

export interface VersionsFlags {
  readonly all?: boolean | undefined;
}

export async function versions(
  given: string,
  flags: VersionsFlags,
  context: CommandContext,
): Promise<ExitCode> {
  const { settings, path } = await folderPath(given, context);
  const question = { type: 'versions', path, all: flags.all === true } as const;
  const found = await askDeviceOf(settings, context, (device) => device.ask(question, context.signal));
  context.output.tell({ event: 'versions', ...found });
  return EXIT.inStep;
}
