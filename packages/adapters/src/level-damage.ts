/** What a disk did to a LevelDB database, and the rows that survive it. LevelDB takes no part, and nothing is changed. */
import { damageOf } from './level-files/check-files.ts';
import { databaseFiles, everyFile, type FileDamage } from './level-files/database.ts';
import { survivingRows } from './level-files/surviving-rows.ts';

export type { FileDamage } from './level-files/database.ts';
export { isLocked } from './level-files/is-locked.ts';

export interface DamagedDatabase {
  /** Every file that is damaged, and how; empty: LevelDB may open it. */
  readonly damage: readonly FileDamage[];
  /** Every row whose block or batch is as it was written, in no order. */
  rows(): AsyncIterable<[string, Uint8Array]>;
}

/**
 * Reads every file of the database in a directory. Nobody may have it open.
 * @returns nothing if there is no database
 */
export async function examineDatabase(directory: string): Promise<DamagedDatabase | undefined> {
  const files = await databaseFiles(directory);
  if (files === undefined) return undefined;
  const damage: FileDamage[] = [];
  for await (const found of damageOf(directory, files)) damage.push(found);
  // A manifest that was cut short may name files that were replaced, and not name those that replaced them.
  const isTrusted = !damage.some(({ file }) => file.startsWith('MANIFEST'));
  const every = await everyFile(directory);
  // Of two writes to a row the newer one counts, wherever it lies: a log too many does no harm.
  const source = { tables: isTrusted ? files.tables : every.tables, logs: every.logs };
  return { damage, rows: () => survivingRows(directory, source) };
}
