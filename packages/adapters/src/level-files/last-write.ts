/** The numbers that LevelDB gives to writes, one after the other: how far a log goes, and how far a whole database. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BytesReader } from './bytes-reader.ts';
import { LOG } from './file-names.ts';
import { readLog } from './log-file.ts';
import { liveFiles } from './manifest.ts';

/** The number of the last write in a log; 0 if there is none. */
export async function lastWriteIn(log: string): Promise<number> {
  let last = 0;
  for (const item of readLog(await readFile(log))) {
    if (item.type === 'damage') continue;
    const reader = new BytesReader(item.bytes);
    last = Math.max(last, Number(reader.uint64()) + reader.uint32() - 1);
  }
  return last;
}

/** The number of the last write that a database has, in its tables or in its logs. */
export async function lastWriteOf(directory: string): Promise<number> {
  const current = (await readFile(join(directory, 'CURRENT'), 'latin1')).trim();
  const items = [...readLog(await readFile(join(directory, current)))];
  const { firstLog, lastSequence } = liveFiles(
    items.flatMap((item) => (item.type === 'entry' ? [item.bytes] : [])),
  );
  const names = await readdir(directory);
  const logs = names.filter((name) => LOG.test(name) && Number.parseInt(name) >= firstLog);
  const lasts = await Promise.all(logs.map((name) => lastWriteIn(join(directory, name))));
  return Math.max(lastSequence, ...lasts);
}
