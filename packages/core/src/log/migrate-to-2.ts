/**
 * From format 1 to 2: documents can be compacted. An index entry says behind its heads what of its document is; in format 1
 * nothing was, and nothing said so.
 */
import { concatBytes, type FolderId } from '../base/index.ts';
import { documentPrefix, folderPrefix, prefixEnd } from './keys.ts';
import type { Migration, MigrationStep } from './migration.ts';
import type { Store, StoreOperation } from './store.ts';

/** How format 2 says that nothing of a document is compacted. */
const NOT_COMPACTED = Uint8Array.of(0);
/** Entries of one step: with 100 bytes each, and as many in keys, far less than a step may have. */
const STEP_ENTRIES = 1000;

export const toCompacted: Migration = {
  from: 1,
  to: 2,
  async *steps(store, reached): AsyncGenerator<MigrationStep> {
    let operations: StoreOperation[] = [];
    let last = '';
    for await (const [key, entry] of entriesBehind(store, reached ?? '')) {
      operations.push({ type: 'put', key, value: concatBytes([entry, NOT_COMPACTED]) });
      last = key;
      if (operations.length < STEP_ENTRIES) continue;
      yield { operations, reached: last };
      operations = [];
    }
    if (operations.length > 0) yield { operations, reached: last };
  },
};

/** The index entries of all folders, in the order of their keys, from the first one behind a key on. */
async function* entriesBehind(
  store: Pick<Store, 'iterator'>,
  behind: string,
): AsyncGenerator<[string, Uint8Array]> {
  for await (const folder of folders(store)) {
    const prefix = documentPrefix(folder);
    const end = prefixEnd(prefix);
    if (end <= behind) continue;
    for await (const row of store.iterator({ gte: prefix, lt: end })) if (row[0] > behind) yield row;
  }
}

/** A look at each folder's first row: the rows of all of them may be many. */
export async function* folders(store: Pick<Store, 'iterator'>): AsyncGenerator<FolderId> {
  const first = folderPrefix('' as FolderId).slice(0, -1);
  for (let from = first; ;) {
    let folder: FolderId | undefined;
    for await (const [key] of store.iterator({ gte: from, lt: prefixEnd(first), limit: 1 }))
      folder = key.slice(first.length, key.indexOf('/', first.length)) as FolderId;
    if (folder === undefined) return;
    yield folder;
    from = prefixEnd(folderPrefix(folder));
  }
}
