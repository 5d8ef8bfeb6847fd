/**
 * From format 3 to 4: of a document a state may stand in the place of records that are gone, and places of the log's order may be
 * gone with them. A store of format 3 has none of that, so nothing in it changes but the mark: an older version must not read what
 * is written from now on.
 */
import type { Migration, MigrationStep } from './migration.ts';

export const toStandIns: Migration = {
  from: 3,
  to: 4,
  async *steps(): AsyncGenerator<MigrationStep> {},
};
