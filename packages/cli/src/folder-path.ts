/** From what a person writes to a path inside the folder: what he names may be gone from the disk. */
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import type { CommandContext } from './command-context.ts';
import { realPathOf } from './directories.ts';
import { recall, type Settings } from './settings.ts';
import { usageError } from './usage-error.ts';

export interface FolderPath {
  readonly settings: Settings;
  /** Empty for the whole directory. */
  readonly path: string;
}

/** @throws CONFIG_INVALID if it lies in no directory that is kept in step */
export async function folderPath(given: string, context: CommandContext): Promise<FolderPath> {
  const whole = await realPathOf(given);
  if ((await context.directories.get(whole)) !== undefined)
    return { settings: await recall(whole, context), path: '' };
  // A link is meant itself, and not what it leads to.
  const parent = await realPathOf(dirname(resolve(given)));
  const meant = join(parent, basename(resolve(given)));
  if ((await context.directories.around(parent)) === undefined)
    throw usageError(
      `${meant} lies in no directory that evermesh keeps in step.`,
      `Name one inside such a directory, or run 'evermesh up DIR --relay URL' first.`,
    );
  const settings = await recall(parent, context);
  const path = relative(settings.directory, meant);
  return { settings, path: path.split(sep).join('/') };
}
