/** A store in LevelDB: a directory on disk under Node, IndexedDB in a browser. */
import type { Store } from '@evermesh/core/log';
import { checkDatabaseFiles } from '#database-files';
import { Level } from 'level';

/**
 * The store in `directory`, which is created if it is missing (in a browser: the database of that name). It is opened by
 * whoever uses it; one process at a time can have it open.
 */
export function levelStore(directory: string): Store {
  const database = new Level<string, Uint8Array>(directory, { keyEncoding: 'utf8', valueEncoding: 'view' });
  return {
    open: async () => {
      await checkDatabaseFiles(directory);
      await database.open();
    },
    close: () => database.close(),
    get: (key) => database.get(key),
    batch: (operations, options) => database.batch(operations, options),
    iterator: (range) => database.iterator(range),
  };
}
