/** The second half of a repair: what the relay has comes back, what only the disk has is taken in, and nothing on disk is removed. */
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { CommandContext } from '../command-context.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Settings } from '../settings.ts';
import { syncOnce } from '../sync-once.ts';
import type { Running } from '../with-daemon.ts';

export async function bringBack(
  settings: Settings,
  context: CommandContext,
  wait: number,
): Promise<ExitCode> {
  const { output } = context;
  const report = await syncOnce(settings, {}, context, {
    wait,
    tell: (event) => {
      if (event.event === 'change' || event.event === 'progress') output.tell(event);
    },
    after: (running) => takeFromDisk(running, settings),
  });
  output.tell({ event: 'sync', ...report });
  if (report.problems.length > 0) return EXIT.partial;
  return report.inStep && report.conflicts.length === 0 ? EXIT.inStep : EXIT.pending;
}

/**
 * Of a file that was made here and never sent, its name may have survived and its content not. Nobody has that but the disk: the empty
 * name makes room, and what lies there is taken in as the file that it is.
 */
async function takeFromDisk({ daemon, device }: Running, { directory }: Settings): Promise<boolean> {
  const { folder } = device;
  // What the relay has comes first.
  if (!daemon.link.isSynced) return false;
  let made = false;
  for (const { id, kind } of [...folder.nodes.all()]) {
    if (kind === 'directory' || folder.nodes.headsOf(id).size > 0 || folder.nodes.isAwaited(id)) continue;
    const path = folder.nodes.pathOf(id);
    if ((await folder.nodes.content(id)) !== undefined || !(await isFile(join(directory, path)))) continue;
    await folder.rm(path);
    made = true;
  }
  return made;
}

const isFile = (path: string): Promise<boolean> =>
  lstat(path).then(
    (found) => !found.isDirectory(),
    () => false,
  );
