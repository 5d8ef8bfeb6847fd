import { expect, test } from 'vitest';
import type { BlobName, DocumentId, FolderId } from '../base/index.ts';
import { NO_HEADS } from '../protocol/index.ts';
import { memoryStore } from '../testing/memory-store.ts';
import { Debts } from './debts.ts';
import { blobFetchedRow, type Debt } from './peer-state.ts';
import type { StoreOperation } from './store.ts';
import type { Wants } from './wants.ts';

const FOLDER = 'f0'.repeat(16) as FolderId;
const [A, B] = ['a' as DocumentId, 'b' as DocumentId];
const BLOB = 'b0'.repeat(32) as BlobName;
const debt = (document: DocumentId): Debt => ({ document, bytes: 1, heads: NO_HEADS });

/** Wants these documents, and the blobs of these. */
function wanting(...documents: DocumentId[]): Wants & { readonly wanted: Set<DocumentId> } {
  const wanted = new Set(documents);
  const wantsDocument = (document: DocumentId | undefined): boolean =>
    document !== undefined && wanted.has(document);
  return { wanted, wantsDocument, wantsBlobsOf: wantsDocument };
}

async function loaded(rows: readonly StoreOperation[], wants: Wants): Promise<Debts> {
  const store = memoryStore();
  await store.batch([...rows], { sync: true });
  return Debts.load(store, FOLDER, wants);
}

test('what is not wanted is owed and left, over restarts too, until it is wanted', async () => {
  const wants = wanting(A);
  const debts = await loaded([], wants);
  const rows = [...debts.owe('peer', [debt(A), debt(B)]), ...debts.want([BLOB], B)];
  for (const each of [debts, await loaded(rows, wants)]) {
    expect(each.owed('peer')).toHaveLength(2);
    expect(each.due('peer').map(({ document }) => document)).toEqual([A]);
    expect([each.dueCount('peer'), each.leftCount('peer'), each.leftBlobs]).toEqual([1, 1, 1]);
    expect([each.lacks(BLOB), each.wantedBlobs.size]).toEqual([true, 0]);
  }
  const all = await loaded(rows, wanting(A, B));
  expect([all.dueCount('peer'), all.leftCount('peer'), all.leftBlobs]).toEqual([2, 0, 0]);
  expect([...all.wantedBlobs]).toEqual([BLOB]);

  wants.wanted.add(B);
  debts.look();
  expect([debts.dueCount('peer'), debts.leftCount('peer'), debts.leftBlobs]).toEqual([2, 0, 0]);
  expect([...debts.wantedBlobs]).toEqual([BLOB]);
  expect(debts.pay('peer', B)).toHaveLength(1);
  expect(debts.dueCount('peer')).toBe(1);
});

test('that something is wanted now is told when what is being made at the moment is done', async () => {
  const debts = await loaded([], wanting());
  debts.owe('peer', [debt(A)]);
  const told: string[] = [];
  debts.asked.add((documents) => told.push(`asked for ${documents.join()}`));
  debts.look([A]);
  told.push('the batch is given to the disk');
  await Promise.resolve();
  expect(told).toEqual(['the batch is given to the disk', 'asked for a']);
});

test('a reader who misses a blob that was left has it fetched, and it is owed no more when it came', async () => {
  const debts = await loaded([], wanting());
  debts.want([BLOB], A);
  const missed: BlobName[] = [];
  debts.missed.add((name) => missed.push(name));
  // That it is owed is noted already.
  expect(debts.miss(BLOB)).toEqual([]);
  expect([missed, [...debts.wantedBlobs], debts.leftBlobs]).toEqual([[BLOB], [BLOB], 0]);
  expect(debts.blobFetched(BLOB)).toEqual([blobFetchedRow(FOLDER, BLOB)]);
  expect(debts.lacksAny).toBe(false);
});
