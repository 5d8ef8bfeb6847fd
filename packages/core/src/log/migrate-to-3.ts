/**
 * From format 2 to 3: states travel. A log may hold snapshots, of which format 2 had none, and the row of a state says which blobs the
 * records name that it stands for, so that whoever gets it knows of them.
 */
import type { BlobName, DocumentId, FolderId } from '../base/index.ts';
import { isEvermeshError } from '../errors/index.ts';
import { type Heads, Reader, readHeads } from '../protocol/index.ts';
import { checkedContent } from './checked-row.ts';
import { encodeState, MOST_STATE_BLOBS } from './document-state.ts';
import { prefixEnd, stateKey } from './keys.ts';
import { LogReader } from './log-reader.ts';
import { folders } from './migrate-to-2.ts';
import type { Migration, MigrationStep } from './migration.ts';
import type { Store } from './store.ts';

interface OlderState {
  readonly seq: number;
  readonly records: number;
  readonly covers: Heads;
  readonly body: Uint8Array;
}

export const toSnapshots: Migration = {
  from: 2,
  to: 3,
  async *steps(store, reached = ''): AsyncGenerator<MigrationStep> {
    for await (const folder of folders(store)) {
      const prefix = stateKey(folder, '' as DocumentId);
      const end = prefixEnd(prefix);
      if (end <= reached) continue;
      for await (const [key, row] of store.iterator({ gte: prefix, lt: end })) {
        const state = key > reached ? olderState(row) : undefined;
        // One that is damaged is found so when it is needed, and made anew.
        if (state === undefined) continue;
        const blobs = await blobsIn(store, folder, key.slice(prefix.length) as DocumentId);
        yield { operations: [{ type: 'put', key, value: encodeState({ ...state, blobs }) }], reached: key };
      }
    }
  },
};

function olderState(row: Uint8Array): OlderState | undefined {
  try {
    const content = checkedContent(new Reader(row));
    return {
      seq: content.uint(),
      records: content.uint(),
      covers: readHeads(content),
      body: content.raw(content.left),
    };
  } catch (error) {
    if (!isEvermeshError(error, 'MESSAGE_MALFORMED')) throw error;
    return undefined;
  }
}

/** What its records name, those behind the state included: more than it stands for does no harm. */
async function blobsIn(
  store: Pick<Store, 'get' | 'iterator'>,
  folder: FolderId,
  document: DocumentId,
): Promise<BlobName[]> {
  const blobs = new Set<BlobName>();
  const reader = new LogReader(store, folder, () => undefined);
  for await (const record of reader.readable(document))
    for (const name of record?.header.blobs ?? []) if (blobs.size < MOST_STATE_BLOBS) blobs.add(name);
  return [...blobs];
}
