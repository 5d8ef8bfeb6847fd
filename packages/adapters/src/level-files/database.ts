/** The files of a LevelDB database, read without LevelDB: which there are, which rows they hold, and where they are damaged. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HOLDS_ROWS, LOG, TABLE } from './file-names.ts';
import { type LogItem, readLog } from './log-file.ts';
import { type LiveFiles, liveFiles } from './manifest.ts';

/** A log, or the second name of one that LevelDB did not come to read. */
const LOG_OR_KEPT = /^(\d+)\.log(?:\.kept)?$/;
const CURRENT = /^(MANIFEST-\d+)\n$/;

export interface FileDamage {
  readonly file: string;
  readonly what: string;
}

export interface FoundFiles {
  /** The names of its tables and logs, oldest first. */
  readonly tables: readonly string[];
  readonly logs: readonly string[];
  /** What is damaged about the files as such, and about what says which they are. */
  readonly damage: readonly FileDamage[];
  /** Whether the file in use names what belongs to the database. Otherwise everything that is there may. */
  readonly isKnown: boolean;
}

/** What there is of a database, or `undefined` if nothing is: one is begun there. */
export async function databaseFiles(directory: string): Promise<FoundFiles | undefined> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  if (!names.some((name) => HOLDS_ROWS.test(name)) && !names.includes('CURRENT')) return undefined;
  const damage: FileDamage[] = [];
  const live = await readManifest(directory, names, damage);
  const tables = numbered(names, TABLE).filter(({ number }) => live?.tables.has(number) ?? true);
  const logs = numbered(names, LOG).filter(({ number }) => number >= (live?.firstLog ?? 0));
  for (const number of live?.tables.keys() ?? []) {
    if (!tables.some((table) => table.number === number)) {
      damage.push({ file: `${String(number).padStart(6, '0')}.ldb`, what: 'is gone' });
    }
  }
  return {
    tables: tables.map(({ name }) => name),
    logs: logs.map(({ name }) => name),
    damage,
    isKnown: live !== undefined,
  };
}

/** Every table and log in a directory, in use or not. */
export async function everyFile(directory: string): Promise<Pick<FoundFiles, 'tables' | 'logs'>> {
  const names = await readdir(directory);
  return {
    tables: numbered(names, TABLE).map(({ name }) => name),
    logs: numbered(names, LOG_OR_KEPT).map(({ name }) => name),
  };
}

async function readManifest(
  directory: string,
  names: readonly string[],
  damage: FileDamage[],
): Promise<LiveFiles | undefined> {
  const told = (file: string, what: string): undefined => void damage.push({ file, what });
  if (!names.includes('CURRENT')) return told('CURRENT', 'is gone');
  const current = CURRENT.exec(await readFile(join(directory, 'CURRENT'), 'latin1'))?.[1];
  if (current === undefined) return told('CURRENT', 'names no manifest');
  if (!names.includes(current)) return told(current, 'is gone');
  const items = [...readLog(await readFile(join(directory, current)))];
  const broken = damageIn(items, false);
  if (broken !== undefined) return told(current, `cannot be read from byte ${broken} on`);
  try {
    const live = liveFiles(items.flatMap((item) => (item.type === 'entry' ? [item.bytes] : [])));
    return items.some(({ type }) => type === 'entry') ? live : told(current, 'names no files');
  } catch (error) {
    if (error instanceof RangeError) return told(current, 'holds what it cannot hold');
    throw error;
  }
}

/**
 * The first damage in a log, as its place. What was being written when the power went may lie torn at the end: that was never said
 * to be kept, and is no damage unless the database was closed in good order.
 */
export function damageIn(items: readonly LogItem[], isClosed: boolean): number | undefined {
  const last = items.findLastIndex(({ type }) => type === 'entry');
  return items.find(({ type }, index) => type === 'damage' && (isClosed || index < last))?.at;
}

function numbered(names: readonly string[], pattern: RegExp): { name: string; number: number }[] {
  return names
    .flatMap((name) => {
      const number = pattern.exec(name)?.[1];
      return number === undefined ? [] : [{ name, number: Number(number) }];
    })
    .sort((a, b) => a.number - b.number);
}
