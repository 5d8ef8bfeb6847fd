/** `evermesh diff FILE`: what the last version of a file changed, or what differs between two. */
import { askDeviceOf } from '../ask-device.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { folderPath } from '../folder-path.ts';

export async function diff(
  given: string,
  { from, to }: { readonly from: string | undefined; readonly to: string | undefined },
  context: CommandContext,
): Promise<ExitCode> {
  const { settings, path } = await folderPath(given, context);
  const question = { type: 'diff', path, from, to } as const;
  const found = await askDeviceOf(settings, context, (device) => device.ask(question, context.signal));
  context.output.tell({ event: 'diff', ...found });
  return EXIT.inStep;
}
