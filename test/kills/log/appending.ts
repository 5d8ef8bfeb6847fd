/**
 * A process whose log is appended to from all sides, as fast as it goes, until it is killed. It prints `opening`, `loaded`, and then
 * what is durable, each line with the time (nanoseconds of the system's steady clock): `local WRITER COUNTER`, `cursor SEQ`,
 * `remote DOCUMENT COUNTER`. With `unsynced` the store is told not to wait for the disk.
 */
import { writeSync } from 'node:fs';
import { levelStore } from '@evermesh/adapters/level';
import { type Epoch, systemRandom } from '@evermesh/core/base';
import {
  Committer,
  Debts,
  FolderLog,
  openStore,
  progressRow,
  readProgress,
  type Store,
} from '@evermesh/core/log';
import type { LogRecord } from '@evermesh/core/protocol';
import { SeededRandom } from '../../../bench/random.ts';
import {
  FOLDER,
  localAuthor,
  nextLocal,
  PEER,
  REMOTE,
  remoteAuthor,
  remoteCount,
  remoteDocument,
  remoteRecord,
  TOGETHER,
  WRITERS,
} from './records.ts';

const [directory = '', seed = '1', mode] = process.argv.slice(2);
const random = new SeededRandom(Number(seed));

const say = (line: string): void => void writeSync(1, `${process.hrtime.bigint()} ${line}\n`);

say('opening');
const level = levelStore(directory);
const unsynced: Store = { ...level, batch: (operations) => level.batch(operations, { sync: false }) };
const store = await openStore(mode === 'unsynced' ? unsynced : level);
const committer = new Committer(store);
const log = await FolderLog.open({ store, committer, folder: FOLDER, random: systemRandom });
const debts = await Debts.load(store, FOLDER);
let read = (await readProgress(store, FOLDER, PEER))?.cursor.seq ?? 0;
say('loaded');

async function write(writer: number): Promise<never> {
  for (;;) {
    const last = log.lastCounter(localAuthor(writer));
    await log.append(nextLocal(writer, last)).durable;
    say(`local ${writer} ${last + TOGETHER}`);
  }
}

/** What is not stored of a document, up to a record. */
function missing(document: number, to: number): LogRecord[] {
  const held = log.assignedHeads(remoteDocument(document)).get(remoteAuthor(document)) ?? 0;
  return Array.from({ length: Math.max(0, to - held) }, (_, index) =>
    remoteRecord(document, held + 1 + index),
  );
}

const headsOf = (document: number, counter: number) => new Map([[remoteAuthor(document), counter]]);

/** Reads a page of the peer's log: some documents are fetched, others noted as owed, and the cursor passes both at once. */
async function readPage(): Promise<void> {
  const seq = read + 1 + random.below(20);
  read = seq;
  const records: LogRecord[] = [];
  const owed: number[] = [];
  for (let document = 0; document < REMOTE; document++) {
    if (remoteCount(document, seq) === 0) continue;
    const isOwed = debts.owes(PEER, remoteDocument(document)) !== undefined || random.below(3) === 0;
    if (isOwed) owed.push(document);
    else records.push(...missing(document, remoteCount(document, seq)));
  }
  const rows = debts.owe(
    PEER,
    owed.map((document) => ({
      document: remoteDocument(document),
      bytes: 0,
      heads: headsOf(document, remoteCount(document, seq)),
    })),
  );
  const cursor = { epoch: 'e0'.repeat(16) as Epoch, seq, digest: new Uint8Array(16) };
  const progress = progressRow(FOLDER, PEER, { cursor, acknowledged: 0, received: [] });
  await log.append(records, { beside: [...rows, progress] }).durable;
  say(`cursor ${seq}`);
}

async function payDebt(): Promise<void> {
  const debt = random.pick(debts.owed(PEER));
  const document = Number(debt.document.slice('remote-'.length));
  const counter = debt.heads.get(remoteAuthor(document)) ?? 0;
  const records = missing(document, counter);
  await log.append(records, { beside: debts.pay(PEER, debt.document) }).durable;
  say(`remote ${document} ${counter}`);
}

async function receive(): Promise<never> {
  for (;;) await (debts.documents > 0 && random.below(2) === 0 ? payDebt() : readPage());
}

await Promise.all([receive(), ...Array.from({ length: WRITERS }, (_, writer) => write(writer))]);
