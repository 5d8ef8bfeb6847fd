/**
 * How a store of an older format becomes one of the next: each migration is one entry of a list, done at opening, in
 * order. An entry that was released is never changed: somewhere a store stands in the middle of it.
 *
 * Fixtures of each format are in `test/fixtures`. Whoever adds an entry adds those of the new format beside them.
 */
import { toCompacted } from './migrate-to-2.ts';
import { toSnapshots } from './migrate-to-3.ts';
import { toStandIns } from './migrate-to-4.ts';
import { toKeptHistories } from './migrate-to-5.ts';
import type { Migration } from './migration.ts';

/** In order, without a hole, from format 1 on. */
export const MIGRATIONS: readonly Migration[] = [toCompacted, toSnapshots, toStandIns, toKeptHistories];
