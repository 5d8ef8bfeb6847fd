/**
 * Opens a store: marks an empty one as ours, brings an older one up to the format of this version, refuses a newer one.
 *
 * - `format`             the version of everything in the store, in decimal digits
 * - `format/unfinished`  there while a migration is under way: the version it began with, a space, and how far it is
 * - `format/begun`       the same of the step that was begun last: another than the one before where a store tore a step
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
const BEGUN_KEY = 'format/begun';
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
  const [unfinished, begun] = [await textAt(store, UNFINISHED_KEY), await textAt(store, BEGUN_KEY)];
  // Which rows of it are newer nobody can tell: done once more, it would make of these what they never were.
  if (begun !== undefined && begun !== unfinished && readUnfinished(begun)[0] !== format) throw torn();
  let [current, reached] = unfinished === undefined ? [format, undefined] : readUnfinished(unfinished);
  for (const migration of migrations) {
    if (migration.from !== current) continue;
    const mark = put(FORMAT_KEY, String(migration.to));
    for await (const step of migration.steps(store, reached)) {
      const reachedText = `${migration.from} ${step.reached}`;
      // The mark goes before what changes: no older version may take rows for its own of which some are newer. How far it is goes
      // behind: what is not done does not count as done. So a store that tears the batch is found out by what stands before both.
      const ahead = [put(BEGUN_KEY, reachedText), mark];
      await write(store, [...ahead, ...step.operations, put(UNFINISHED_KEY, reachedText)]);
    }
    const unneeded = [BEGUN_KEY, UNFINISHED_KEY].map((key) => ({ type: 'del' as const, key }));
    await write(store, [mark, ...unneeded]);
    [current, reached] = [migration.to, undefined];
  }
}

async function textAt(store: Store, key: string): Promise<string | undefined> {
  const row = await store.get(key);
  return row && (fromUtf8(row) ?? '');
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

const torn = (): EvermeshError =>
  new EvermeshError(
    'STORE_CORRUPT',
    'The store wrote a part of a batch without the rest while it was brought to a newer format.',
  );

const write = (store: Store, operations: StoreOperation[]): Promise<void> =>
  store.batch(operations, { sync: true });

const put = (key: string, text: string): StoreOperation => ({ type: 'put', key, value: utf8(text) });
