/** `evermesh resolve PATH`: which content of a file in conflict is meant. */
import { askDeviceOf } from '../ask-device.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { folderPath } from '../folder-path.ts';
import { usageError } from '../usage-error.ts';

export interface ResolveFlags {
  readonly keep?: string | undefined;
  readonly all?: boolean | undefined;
}

export async function resolve(
  given: string,
  { keep, all = false }: ResolveFlags,
  context: CommandContext,
): Promise<ExitCode> {
  if ((keep === undefined) !== all)
    throw usageError(
      'Which content is meant is not said, or said twice.',
      'Give one of --keep shown, --keep ID (evermesh conflicts lists them), or --all.',
    );
  const { settings, path } = await folderPath(given, context);
  const question = { type: 'resolve', path, keep } as const;
  const done = await askDeviceOf(settings, context, (device) => device.ask(question, context.signal));
  context.output.tell({ event: 'resolved', ...done });
  return EXIT.inStep;
}
