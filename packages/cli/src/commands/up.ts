/** `evermesh up DIR`: keeps a directory in step until it is stopped. */
import { systemClock } from '@evermesh/core';
import type { CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { keepInStep } from '../keep-in-step.ts';
import { type Attempt, openAgain } from '../open-again.ts';
import { settingsFor } from '../settings.ts';
import { Stopped } from '../stop-signal.ts';
import { type DaemonFlags, withDaemon } from '../with-daemon.ts';

export type UpFlags = DaemonFlags;

export async function up(path: string, flags: UpFlags, context: CommandContext): Promise<ExitCode> {
  const { output, signal } = context;
  const run = async ({ isFirst, works }: Attempt): Promise<void> => {
    const settings = await settingsFor(path, flags, context);
    // What was allowed once is not allowed to whatever happened since.
    const { allowMassDeletion: _, joinAgain: __, ...lasting } = flags;
    await withDaemon(settings, isFirst ? flags : lasting, context, (running) => {
      running.mirrorEvents.add(({ type }) => type === 'inStep' && works());
      return keepInStep(running, settings, context);
    });
  };
  try {
    await openAgain(run, { clock: systemClock, signal, tell: (event) => output.tell(event) });
  } catch (error) {
    if (!(error instanceof Stopped)) throw error;
  }
  context.output.tell({ event: 'stopped' });
  return EXIT.inStep;
}
