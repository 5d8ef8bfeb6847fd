/**
 * What compaction does besides Yjs, with nothing around it: rows are read, what they hold is compared with its digest, they are compressed
 * together and put in the place of the rows, synced, 64 KiB at a time. No header is looked into, and nothing is in the way of it.
 */
import { createHash } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { Level } from 'level';
import * as Y from 'yjs';

const PACK_BYTES = 65_536;
const DIGEST_BYTES = 32;
/** About as many as a record has beside its body. */
const HEAD_BYTES = 66;

type Database = Level<string, Uint8Array>;

/** A database with a row for each update: a head, the digest of the update, and the update. */
export async function openRows(directory: string, updates: readonly Uint8Array[]): Promise<Database> {
  const database: Database = new Level(directory, { keyEncoding: 'utf8', valueEncoding: 'view' });
  await database.open();
  const batch = database.batch();
  for (const [i, update] of updates.entries()) {
    const head = Buffer.alloc(HEAD_BYTES, `of update ${i} `);
    batch.put(`r/${String(i).padStart(14, '0')}`, Buffer.concat([head, digestOf(update), update]));
  }
  await batch.write();
  return database;
}

export async function compactByHand(database: Database): Promise<void> {
  const rows: [string, Uint8Array][] = [];
  const iterator = database.iterator({ gte: 'r/', lt: 'r0' });
  for (let some = await iterator.nextv(1000); some.length > 0; some = await iterator.nextv(1000))
    rows.push(...some);
  await iterator.close();
  const doc = new Y.Doc();
  doc.transact(() => {
    for (const [, row] of rows) {
      const update = row.subarray(HEAD_BYTES + DIGEST_BYTES);
      if (!digestOf(update).equals(row.subarray(HEAD_BYTES, HEAD_BYTES + DIGEST_BYTES)))
        throw new Error('A row is damaged.');
      Y.applyUpdate(doc, update);
    }
  });
  const state = deflateRawSync(Y.encodeStateAsUpdateV2(doc));
  let batch = database.batch().put('n', state);
  let [pieces, bytes]: [Uint8Array[], number] = [[], 0];
  for (const [i, [key, row]] of rows.entries()) {
    pieces.push(row.subarray(0, HEAD_BYTES), row.subarray(HEAD_BYTES + DIGEST_BYTES));
    bytes += row.byteLength;
    batch.del(key);
    if (bytes < PACK_BYTES && i < rows.length - 1) continue;
    batch.put(`${key}+`, deflateRawSync(Buffer.concat(pieces)));
    await batch.write({ sync: true } as Parameters<typeof batch.write>[0]);
    batch = database.batch();
    [pieces, bytes] = [[], 0];
  }
  await batch.close();
}

const digestOf = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest();
