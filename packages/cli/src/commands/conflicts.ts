/** `evermesh conflicts [DIR]`: of what two versions are kept, and what settles it. */
import { askDevice } from '../ask-device.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';

export async function conflicts(path: string, context: CommandContext): Promise<ExitCode> {
  const found = await askDevice(path, context, (device) => device.ask({ type: 'conflicts' }, context.signal));
  context.output.tell({ event: 'conflicts', ...found });
  return found.conflicts.length === 0 ? EXIT.inStep : EXIT.pending;
}
