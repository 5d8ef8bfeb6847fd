/** `evermesh trash [DIR]`: what was removed and can be brought back. */
import { askDevice } from '../ask-device.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';

export async function trash(path: string, context: CommandContext): Promise<ExitCode> {
  const found = await askDevice(path, context, (device) => device.ask({ type: 'trash' }, context.signal));
  context.output.tell({ event: 'trash', ...found });
  return EXIT.inStep;
}
