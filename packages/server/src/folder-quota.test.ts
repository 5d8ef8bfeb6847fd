import { memoryBlobs, memoryStore } from '@evermesh/adapters/memory';
import { type BlobName, inOnePiece, newDeviceId, sha256, systemRandom, toHex } from '@evermesh/core/base';
import { Committer, FolderLog, openStore } from '@evermesh/core/log';
import { decodeRecord, type LogRecord } from '@evermesh/core/protocol';
import { expect, test } from 'vitest';
import { FolderBlobs } from './folder-blobs.ts';
import { FolderQuota } from './folder-quota.ts';
import { A, FOLDER, TestAuthor } from './testing/test-author.ts';

test('what older records took is there for others once these are gone', async () => {
  const store = await openStore(memoryStore());
  const committer = new Committer(store);
  const log = await FolderLog.open({ store, committer, folder: FOLDER, random: systemRandom });
  const author = new TestAuthor(newDeviceId(systemRandom));
  const next = () => author.record(A, 'x'.repeat(1000));
  const check = (bytes: Uint8Array): LogRecord => {
    const record = decodeRecord(bytes);
    quota.checkRecords(log, [record], [bytes.byteLength]);
    return record;
  };
  const quota = new FolderQuota(5000);
  for (let i = 0; i < 4; i++) {
    await log.append([check(next())]).durable;
  }
  const fifth = next();
  expect(() => check(fifth)).toThrow('no more records');
  await log.replace(A, {
    puts: [],
    removed: [],
    lessBytes: 3000,
    compacted: { stateBytes: 100, seq: 3, records: 3, bytes: 300, floor: 3, open: [] },
  });
  check(fifth);
});

test('under the name of what is there no more is taken than the folder may have, and the same again is', async () => {
  const store = await openStore(memoryStore());
  const large = memoryBlobs();
  await large.open();
  const blobs = new FolderBlobs(store, new Committer(store), large, new FolderQuota(500_000));
  const bytes = new Uint8Array(450_000);
  const name = toHex(sha256(bytes)) as BlobName;
  await blobs.put(FOLDER, name, inOnePiece(bytes));
  let sent = 0;
  async function* more(): AsyncGenerator<Uint8Array> {
    for (; sent < 100; sent++) {
      await Promise.resolve();
      yield new Uint8Array(100_000);
    }
  }
  await expect(blobs.put(FOLDER, name, more())).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
  expect(sent).toBe(5);
  await blobs.put(FOLDER, name, inOnePiece(bytes));
});
