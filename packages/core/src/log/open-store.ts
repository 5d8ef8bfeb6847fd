/**
 * Opens a store: marks an empty one as ours, brings an older one up to the format of this version, refuses a newer one.
 *
 * - `format`             the version of everything in the store, in decimal digits
 * - `format/unfinished`  there while a migration is under way: the version it began with, a space, and how far it is
 */
import { fromUtf8, utf8 } from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import type { Migration } from './migration.ts';
import { MIGRATIONS } from './migrations.ts';
import { explaining, type Store, storeError, type StoreOperation } from './store.ts';

const FIRST_FORMAT = 1;
/** The format that this version writes. History: 1, the first; then what the migrations say. */
export const STORE_FORMAT: number = newestOf(MIGRATIONS);

const FORMAT_KEY = 'format';
const UNFINISHED_KEY = 'format/unfinished';
/** Behind every key that UTF-8 can write. */
const LAST_KEY = '\u{10FFFF}';

/**
 * Opens a store and checks that this version understands it; an empty one is marked as ours, an older one migrated, which
 * may take long for a large one. Interrupted at any moment, the next opening goes on; older versions refuse the store from
 * the first change on.
 * @param migrations for tests; default: those that there are
 * @returns the same store, every failure of which is an `EvermeshError`
 * @throws STORE_LOCKED, STORE_CORRUPT, STORE_FAILED, FORMAT_TOO_NEW
 */
export async function openStore(store: Store, migrations: readonly Migration[] = MIGRATIONS): Promise<Store> {
  try {
    await store.open();
    const newest = newestOf(migrations);
    const format = await store.get(FORMAT_KEY);
    if (format === undefined) await begin(store, newest);
    else await migrate(store, checkedFormat(fromUtf8(format) ?? '', newest), migrations);
    return explaining(store);
  } catch (error) {
    await store.close().catch(() => undefined);
    throw storeError(error);
  }
}

function newestOf(migrations: readonly Migration[]): number {
  return migrations.at(-1)?.to ?? FIRST_FORMAT;
}

async function begin(store: Store, format: number): Promise<void> {
  // Whose rows these are nobody knows: ours among them would be a surprise to both.
  for await (const _ of store.iterator({ gte: '', lt: LAST_KEY, limit: 1 })) throw foreign();
  await write(store, [put(FORMAT_KEY, String(format))]);
}

async function migrate(store: Store, format: number, migrations: readonly Migration[]): Promise<void> {
  const unfinished = await store.get(UNFINISHED_KEY);
  let [current, reached] =
    unfinished === undefined ? [format, undefined] : readUnfinished(fromUtf8(unfinished) ?? '');
  for (const migration of migrations) {
    if (migration.from !== current) continue;
    const mark = put(FORMAT_KEY, String(migration.to));
    for await (const step of migration.steps(store, reached)) {
      // The mark goes first: no older version may take rows for its own of which some are newer.
      const unfinishedRow = put(UNFINISHED_KEY, `${migration.from} ${step.reached}`);
      await write(store, [...step.operations, mark, unfinishedRow]);
    }
    await write(store, [mark, { type: 'del', key: UNFINISHED_KEY }]);
    [current, reached] = [migration.to, undefined];
  }
}

function readUnfinished(text: string): [from: number, reached: string] {
  const space = text.indexOf(' ');
  return [Number(text.slice(0, space)), text.slice(space + 1)];
}

function checkedFormat(text: string, newest: number): number {
  const version = Number(text);
  if (!Number.isSafeInteger(version) || version < FIRST_FORMAT) throw foreign();
  if (version <= newest) return version;
  throw new EvermeshError(
    'FORMAT_TOO_NEW',
    `The store has format ${version}; this version reads up to ${newest}. Use the newer Evermesh that wrote it.`,
  );
}

const foreign = (): EvermeshError =>
  new EvermeshError(
    'STORE_CORRUPT',
    'The store has no mark of Evermesh: another program wrote it, or a part of it is lost.',
  );

const write = (store: Store, operations: StoreOperation[]): Promise<void> =>
  store.batch(operations, { sync: true });

const put = (key: string, text: string): StoreOperation => ({ type: 'put', key, value: utf8(text) });
