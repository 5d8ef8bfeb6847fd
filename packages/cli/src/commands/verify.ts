/** `evermesh verify [DIR]`: disk, documents and store beside each other; nothing is changed. */
import { askDevice } from '../ask-device.ts';
import type { CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';

export async function verify(path: string, context: CommandContext): Promise<ExitCode> {
  const report = await askDevice(path, context, (device) => device.verify({ signal: context.signal }));
  context.output.tell({ event: 'verified', ...report });
  if (report.disk.length + report.store.length > 0) return EXIT.partial;
  return report.waiting.length === 0 ? EXIT.inStep : EXIT.pending;
}
