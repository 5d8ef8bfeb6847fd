/** `evermesh status [DIR]`: what is in step, what waits, and what needs a person. */
import type { CommandContext } from '../command-context.ts';
import { askDevice } from '../ask-device.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';

export interface StatusFlags {
  readonly ignored?: boolean | undefined;
}

export async function status(path: string, flags: StatusFlags, context: CommandContext): Promise<ExitCode> {
  const { ignored, ...report } = await askDevice(path, context, (device) =>
    device.status({ signal: context.signal }),
  );
  context.output.tell({ event: 'status', ...report, ...(flags.ignored === true ? { ignored } : {}) });
  if (report.problems.length > 0) return EXIT.partial;
  return report.inStep && report.conflicts.length === 0 ? EXIT.inStep : EXIT.pending;
}
