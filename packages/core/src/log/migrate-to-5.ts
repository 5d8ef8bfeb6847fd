/**
 * From format 4 to 5: what is kept of the history of records that are gone lies in rows of its own, and a row of the log's order may say
 * of places that they are gone. A store of format 4 has none of that, so nothing in it changes but the mark: an older version must not
 * read what is written from now on.
 */
import type { Migration, MigrationStep } from './migration.ts';

export const toKeptHistories: Migration = {
  from: 4,
  to: 5,
  async *steps(): AsyncGenerator<MigrationStep> {},
};
