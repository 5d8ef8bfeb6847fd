/** A store in LevelDB: a directory on disk under Node, IndexedDB in a browser. */
import type { Store } from '@evermesh/core/log';
import { checkDatabaseFiles, databaseClosed } from '#database-files';
import { Level } from 'level';

/**
 * Bytes that LevelDB gathers before it writes a sorted file. Four times its default: the rows of a first sync come in no order
 * of keys, so each file that is written overlaps all others, and merging the many small ones cost a fifth of a device's
 * processor time. What is gathered is in memory, and is read again from LevelDB's log when the store is opened next.
 */
const WRITE_BUFFER = 16 * 1024 * 1024;

/**
 * The store in `directory`, which is created if it is missing (in a browser: the database of that name). It is opened by
 * whoever uses it; one process at a time can have it open.
 */
export function levelStore(directory: string): Store {
  // Made when it is opened: a database begins to open by itself as soon as it exists, whatever the check below finds.
  let database: Level<string, Uint8Array> | undefined;
  /** A batch that failed may lie torn in a log. */
  let hasFailed = false;
  const opened = (): Level<string, Uint8Array> => {
    if (database !== undefined) return database;
    throw Object.assign(new Error('The database is not open'), { code: 'LEVEL_DATABASE_NOT_OPEN' });
  };
  return {
    open: async () => {
      await checkDatabaseFiles(directory, () => isLocked(directory));
      database ??= new Level(directory, {
        keyEncoding: 'utf8',
        valueEncoding: 'view',
        writeBufferSize: WRITE_BUFFER,
      });
      await database.open();
    },
    close: async () => {
      const wasOpen = database?.status === 'open';
      await database?.close();
      if (wasOpen && !hasFailed) await databaseClosed(directory);
    },
    // A row is nearly always in memory, and handing the question to another thread costs several times what answering it
    // does. Where the row is not, this thread waits for the disk once. Browsers have no such call.
    get: async (key) => {
      const open = opened();
      if (!answersAtOnce(open)) return open.get(key);
      try {
        return open.getSync(key);
      } catch (error) {
        throw withCode(error);
      }
    },
    batch: async (operations, options) => {
      // An array of operations would be copied one by one on the way, which costs twice as much.
      const batch = opened().batch();
      for (const operation of operations) {
        if (operation.type === 'put') batch.put(operation.key, operation.value);
        else batch.del(operation.key);
      }
      try {
        await batch.write(options);
      } catch (error) {
        hasFailed = true;
        throw error;
      }
    },
    iterator: (range) => opened().iterator(range),
  };
}

/** A failed read gets the code that it has when another thread does it: LevelDB's binding leaves it out where it answers at once. */
function withCode(error: unknown): unknown {
  const { code, message } = error as { code?: string; message?: string };
  const isOfDisk = code === undefined && message?.startsWith('IO error') === true;
  return isOfDisk ? Object.assign(error as Error, { code: 'LEVEL_IO_ERROR' }) : error;
}

/** The declared type of `supports` does not know what the value says. */
const answersAtOnce = ({ supports }: Level<string, Uint8Array>): boolean =>
  (supports as { readonly getSync?: boolean }).getSync === true;

/** Asks for the database in a way that takes its lock and gives it back, whatever is there: nothing is read or made. */
async function isLocked(directory: string): Promise<boolean> {
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
