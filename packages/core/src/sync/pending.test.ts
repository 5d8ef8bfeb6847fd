import { describe, expect, test } from 'vitest';
import { type BlobName, type DocumentId, type Epoch } from '../base/index.ts';
import { progressRow } from '../log/index.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { peerNameOf } from './peer-name.ts';
import { pendingWith } from './pending.ts';
import { deviceId, FOLDER, give, openTestFolder, write } from './testing/test-folder.ts';

const ADDRESS = 'ws://relay.example';
const PEER = peerNameOf(ADDRESS);

const acknowledged = (seq: number): ReturnType<typeof progressRow> =>
  progressRow(FOLDER, PEER, {
    cursor: { epoch: 'e0'.repeat(16) as Epoch, seq: 0, digest: new Uint8Array(16) },
    acknowledged: seq,
    received: [],
  });

describe('what is pending', () => {
  test('before the first connection every own record counts, whatever run wrote it, and no other', async () => {
    const random = seededRandom(1);
    const earlier = await openTestFolder({ device: deviceId(1), random });
    await write(earlier, ['a', 'tree0']);
    const folder = await openTestFolder({ device: deviceId(1), random, rows: earlier.store.rows });
    expect(folder.author).not.toBe(earlier.author);
    await write(folder, ['a']);
    const other = await openTestFolder({ device: deviceId(2), random });
    await write(other, ['b']);
    await give(other, folder);
    expect(await pendingWith(folder, ADDRESS)).toEqual({ toRelay: 3, fromRelay: 0 });
  });

  test('what the peer acknowledged does not count there, and still does elsewhere', async () => {
    const folder = await openTestFolder({ device: deviceId(1), random: seededRandom(2) });
    await write(folder, ['a']);
    await write(folder, ['b']);
    await folder.committer.commit([acknowledged(1)]);
    expect(await pendingWith(folder, ADDRESS)).toEqual({ toRelay: 1, fromRelay: 0 });
    expect(await pendingWith(folder, 'ws://another.example')).toEqual({ toRelay: 2, fromRelay: 0 });
  });

  test('documents that the peer owes and blobs that are not here count as one each', async () => {
    const folder = await openTestFolder({ device: deviceId(1), random: seededRandom(3) });
    const heads = new Map([[folder.author, 4]]);
    const debts = ['a', 'b'].map((document) => ({ document: document as DocumentId, bytes: 1, heads }));
    await folder.committer.commit([
      ...folder.debts.owe(PEER, debts),
      ...folder.debts.owe('another', [{ document: 'c' as DocumentId, bytes: 1, heads }]),
      ...folder.debts.want(['b0'.repeat(32) as BlobName]),
    ]);
    expect(await pendingWith(folder, ADDRESS)).toEqual({ toRelay: 0, fromRelay: 3 });
  });
});
