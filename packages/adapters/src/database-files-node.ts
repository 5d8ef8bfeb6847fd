/** What is looked at in a database's directory before LevelDB is: it mends some damage by throwing the rest away. */
import { readdir } from 'node:fs/promises';

/** Files that hold rows, or say which of the others do. */
const HOLDS_ROWS = /^(MANIFEST-\d+|\d+\.(ldb|sst|log))$/;

/**
 * Without `CURRENT`, LevelDB takes a full directory for a new database and removes what lies in it.
 * @throws an error as LevelDB's own
 */
export async function checkDatabaseFiles(directory: string): Promise<void> {
  // One that cannot be listed is LevelDB's to speak of.
  const names = await readdir(directory).catch((): string[] => []);
  if (names.includes('CURRENT') || !names.some((name) => HOLDS_ROWS.test(name))) return;
  throw Object.assign(new Error(`Corruption: ${directory} has no file CURRENT any more`), {
    code: 'LEVEL_CORRUPTION',
  });
}
