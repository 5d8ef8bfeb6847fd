/**
 * What is looked at in a database's directory before LevelDB is: it mends some damage by throwing the rest away, passes over what
 * it cannot read at the end of a log, and compares no checksum of a table.
 */
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { closedFiles, markClosed, removeMark } from './closed-mark.ts';
import { type FoundFiles, damageIn, databaseFiles, type FileDamage } from './database.ts';
import { corruption, ioError } from './level-error.ts';
import { readLog } from './log-file.ts';
import { readTable } from './table-file.ts';

/**
 * Reads every file of a database, some hundred MB a second.
 * @param isLocked whether another process has the database: it changes files while they are read
 * @throws an error as LevelDB's own, for the first damage
 */
export async function checkDatabaseFiles(directory: string, isLocked: () => Promise<boolean>): Promise<void> {
  const found = await firstDamage(directory);
  // Whoever has it locked is told of by LevelDB.
  if (found !== undefined && !(await isLocked())) throw found;
  if (found === undefined) await removeMark(directory).catch(() => undefined);
}

async function firstDamage(directory: string): Promise<Error | undefined> {
  try {
    const files = await databaseFiles(directory);
    if (files === undefined) return undefined;
    for await (const { file, what } of damageOf(directory, files))
      return corruption(`${join(directory, file)} ${what}`);
  } catch (error) {
    return ioError((error as Error).message, error);
  }
  return undefined;
}

/** The database was closed, and nothing failed. */
export const databaseClosed = (directory: string): Promise<void> =>
  // Without it, the next opening looks less closely.
  markClosed(directory).catch(() => undefined);

/** Everything that is damaged about a database's files. */
export async function* damageOf(
  directory: string,
  { damage, tables, logs, isKnown }: FoundFiles,
): AsyncGenerator<FileDamage> {
  yield* damage;
  if (!isKnown) return;
  const closed = await closedFiles(directory);
  for (const [file, size] of Object.entries(closed ?? {})) {
    const now = (await stat(join(directory, file)).catch(unlessMissing))?.size;
    if (now !== size && !damage.some((known) => known.file === file))
      yield { file, what: now === undefined ? 'is gone' : `has ${now} bytes, and had ${size}` };
  }
  for (const file of tables) {
    for (const item of readTable(await bytesOf(directory, file)))
      if (item.type === 'damage') yield { file, what: `is damaged in the block at byte ${item.at}` };
  }
  // An opening that fails leaves a log with nothing in it: what was being written may lie torn at the end of the one before.
  let isWrittenAfter = closed !== undefined;
  for (const file of logs.toReversed()) {
    const items = [...readLog(await bytesOf(directory, file))];
    const at = damageIn(items, isWrittenAfter);
    if (at !== undefined) yield { file, what: `cannot be read from byte ${at} on` };
    isWrittenAfter ||= items.length > 0;
  }
}

/** One that is gone by now has no bytes: that it was there is known. */
const bytesOf = async (directory: string, file: string): Promise<Uint8Array> =>
  (await readFile(join(directory, file)).catch(unlessMissing)) ?? new Uint8Array(0);

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
