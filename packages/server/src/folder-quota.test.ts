import { memoryStore } from '@evermesh/adapters/memory';
import { newDeviceId, systemRandom } from '@evermesh/core/base';
import { Committer, FolderLog, openStore } from '@evermesh/core/log';
import { decodeRecord } from '@evermesh/core/protocol';
import { expect, test } from 'vitest';
import { FolderQuota } from './folder-quota.ts';
import { A, FOLDER, TestAuthor } from './testing/test-author.ts';

test('what older records took is there for others once these are gone', async () => {
  const store = await openStore(memoryStore());
  const committer = new Committer(store);
  const log = await FolderLog.open({ store, committer, folder: FOLDER, random: systemRandom });
  const author = new TestAuthor(newDeviceId(systemRandom));
  const next = () => decodeRecord(author.record(A, 'x'.repeat(1000)));
  const quota = new FolderQuota(5000);
  for (let i = 0; i < 4; i++) {
    const record = next();
    quota.checkRecords(log, [record]);
    await log.append([record]).durable;
  }
  const fifth = next();
  expect(() => quota.checkRecords(log, [fifth])).toThrow('no more records');
  await log.replace(A, {
    puts: [],
    removed: [],
    lessBytes: 3000,
    compacted: { stateBytes: 100, seq: 3, records: 3, bytes: 300, floor: 3, open: [] },
  });
  quota.checkRecords(log, [fifth]);
});
