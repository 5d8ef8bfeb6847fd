import { expect, test } from 'vitest';
import type { Epoch, FolderId } from '../base/index.ts';
import { forgottenRow, progressRow, readProgress, type StoreOperation } from '../log/index.ts';
import { memoryStore } from '../testing/memory-store.ts';
import { RecordsInUseHere } from './records-in-use.ts';

const FOLDER = 'f0'.repeat(16) as FolderId;
const PEER = 'relay';

test('a relay that turned out to be another one still has to be given everything, before anything goes', async () => {
  const store = memoryStore();
  const inUse = new RecordsInUseHere(FOLDER, store);
  const write = (row: StoreOperation): Promise<void> => store.batch([row], { sync: true });
  expect(await inUse.mayGoTo()).toBe(Number.MAX_SAFE_INTEGER);
  const cursor = { epoch: 'e1'.repeat(16) as Epoch, seq: 9, digest: new Uint8Array(16) };
  await write(progressRow(FOLDER, PEER, { cursor, acknowledged: 5, received: [] }));
  expect(await inUse.mayGoTo()).toBe(5);
  await write(forgottenRow(FOLDER, PEER));
  expect(await inUse.mayGoTo()).toBe(0);
  expect(await readProgress(store, FOLDER, PEER)).toBeUndefined();
});
