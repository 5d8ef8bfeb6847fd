/** Whether a data directory may become a device's: what is there already is used, and removed when a first run comes to nothing. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { levelStore } from '@evermesh/adapters/level';
import { usageError } from './usage-error.ts';
import { exists } from './exists.ts';

/** What a device makes in its data directory, and clears away. */
const MADE = ['store', 'blobs', 'conflicts', 'repair'];
/** What LevelDB makes: whichever of these a start that was cut short, or the power, has left. */
const OF_LEVELDB = /^(LOCK|CURRENT|LOG|MANIFEST-\d+|\d+\.(log|ldb|dbtmp))$/;

/**
 * For a directory that is not remembered yet.
 * @throws CONFIG_INVALID if somebody else's files lie where a device would make its own, or a relay's
 */
export async function checkOwnData(data: string): Promise<void> {
  // What is no directory is told of by whoever makes it.
  const names = await readdir(data).catch((): string[] => []);
  const taken: string[] = [];
  for (const name of MADE) if (names.includes(name) && !(await isFree(join(data, name)))) taken.push(name);
  if (taken.length === 0) return;
  const stores = await Promise.all(
    ['store', join('repair', 'lock')].map((path) => isDatabase(join(data, path))),
  );
  if (!stores.includes(true))
    throw usageError(`${data} holds '${taken.join("', '")}', which evermesh did not make.`, OTHER);
  if (await isOfRelay(join(data, 'store')))
    throw usageError(`${data} is the data directory of a relay.`, OTHER);
}

/** Nothing is there, or a directory with nothing in it. */
const isFree = (path: string): Promise<boolean> =>
  readdir(path).then(
    (names) => names.length === 0,
    (error: unknown) => (error as NodeJS.ErrnoException).code !== 'ENOTDIR',
  );

const isDatabase = (path: string): Promise<boolean> =>
  readdir(path).then(
    (names) => names.some((name) => OF_LEVELDB.test(name)),
    () => false,
  );

const OTHER = 'Give a data directory of its own: --data DIR.';

/** One that does not open, or that another process has, is told of by whoever needs it. */
async function isOfRelay(directory: string): Promise<boolean> {
  if (!(await exists(join(directory, 'CURRENT')))) return false;
  const store = levelStore(directory);
  try {
    await store.open();
    return (await store.get('replica/device')) === undefined && (await hasFolders(store));
  } catch {
    return false;
  } finally {
    await store.close();
  }
}

async function hasFolders(store: ReturnType<typeof levelStore>): Promise<boolean> {
  for (const [gte, lt] of [
    ['f/', 'f0'],
    ['relay/', 'relay0'],
  ] as const)
    for await (const _ of store.iterator({ gte, lt })) return true;
  return false;
}
