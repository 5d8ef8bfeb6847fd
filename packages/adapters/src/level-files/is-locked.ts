import { Level } from 'level';

/**
 * Whether another process has the database in a directory. It is asked for in a way that takes its lock and gives it back, whatever
 * is there: nothing is read, and nothing but LevelDB's journal is made.
 */
export async function isLocked(directory: string): Promise<boolean> {
  const database = new Level(directory, { createIfMissing: false, errorIfExists: true });
  try {
    await database.open();
  } catch (error) {
    return (error as { cause?: { code?: string } }).cause?.code === 'LEVEL_LOCKED';
  } finally {
    await database.close().catch(() => undefined);
  }
  return false;
}
