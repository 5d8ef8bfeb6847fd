/** `evermesh sync DIR`: brings a directory in step once. A running `up` on it is asked to do so. */
import type { CommandContext } from '../command-context.ts';
import { askRunning } from '../control-client.ts';
import type { CliEvent } from '../events.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { settingsFor, type Settings } from '../settings.ts';
import { syncOnce } from '../sync-once.ts';
import { usageError } from '../usage-error.ts';
import { parseWait } from '../wait-flag.ts';
import type { DaemonFlags } from '../with-daemon.ts';

export interface SyncFlags extends DaemonFlags {
  readonly wait: string;
}

export async function sync(path: string, flags: SyncFlags, context: CommandContext): Promise<ExitCode> {
  const { output, signal } = context;
  const wait = parseWait(flags.wait);
  const settings = await settingsFor(path, flags, context);
  // Problems and conflicts stand in the answer; said twice they would look like more.
  const onEvent = (event: CliEvent): void => {
    if (event.event === 'change' || event.event === 'progress') output.tell(event);
  };
  const running = await askRunning({ data: settings.data, onEvent });
  if (running !== undefined) await checkSame(flags, settings, context);
  const report = await (running?.sync({ signal, wait }) ??
    syncOnce(settings, flags, context, { tell: onEvent, wait }));
  output.tell({ event: 'sync', ...report });
  if (report.problems.length > 0) return EXIT.partial;
  return report.inStep && report.conflicts.length === 0 ? EXIT.inStep : EXIT.pending;
}

/** What a running `up` was started with stays as it is until it is stopped. */
async function checkSame(
  flags: SyncFlags,
  settings: Settings,
  { directories }: CommandContext,
): Promise<void> {
  const entry = await directories.get(settings.directory);
  const { relay, tokenFile, deviceName, keepVersions } = settings;
  const isSame =
    entry?.relay === relay &&
    entry.tokenFile === tokenFile &&
    entry.keepVersions === keepVersions &&
    (flags.deviceName === undefined || entry.deviceName === deviceName);
  if (isSame && flags.allowMassDeletion !== true && flags.joinAgain !== true) return;
  throw usageError(
    `An 'evermesh up' runs on ${settings.directory}, and these flags would change what it works with.`,
    'Leave them out, or stop it first.',
  );
}
