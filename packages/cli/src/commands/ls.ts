/** `evermesh ls [DIR]`: what the folder has there, on disk already or not. */
import { askDeviceOf } from '../ask-device.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { folderPath } from '../folder-path.ts';

export async function ls(given: string, context: CommandContext): Promise<ExitCode> {
  const { settings, path } = await folderPath(given, context);
  const found = await askDeviceOf(settings, context, (device) =>
    device.ask({ type: 'list', path }, context.signal),
  );
  context.output.tell({ event: 'list', ...found });
  return EXIT.inStep;
}
