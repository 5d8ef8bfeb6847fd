/** `evermesh up DIR`: keeps a directory in step until it is stopped. */
import type { CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { keepInStep } from '../keep-in-step.ts';
import { settingsFor } from '../settings.ts';
import { Stopped } from '../stop-signal.ts';
import { type DaemonFlags, withDaemon } from '../with-daemon.ts';

export type UpFlags = DaemonFlags;

export async function up(path: string, flags: UpFlags, context: CommandContext): Promise<ExitCode> {
  const settings = await settingsFor(path, flags, context);
  try {
    await withDaemon(settings, flags, context, (running) => keepInStep(running, settings, context));
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  }
  context.output.tell({ event: 'stopped' });
  return EXIT.inStep;
}
