/**
 * A year of saves of many files at a relay that keeps records for 30 days: what its store has of them in the end. The relay's log,
 * compaction and retention run as they are, without sockets, and a day
 * passes when all of its saves are stored.
 */
import { memoryStore } from '@evermesh/adapters/memory';
import {
  authorOf,
  type Clock,
  type DocumentId,
  newDeviceId,
  newFolderId,
  newRunId,
  silentLogger,
  systemClock,
  systemRandom,
} from '@evermesh/core/base';
import {
  Committer,
  Compactor,
  type DocumentIndex,
  FolderLog,
  folderPrefix,
  inlineCompaction,
  openStore,
  prefixEnd,
  relayCompactionPolicy,
  Retention,
} from '@evermesh/core/log';
import { clocksOf, documentCodec, encodeBody, newDocument } from '@evermesh/core/model';
import { type LogRecord, makeRecord } from '@evermesh/core/protocol';
import type * as Y from 'yjs';
import { SeededRandom } from '../random.ts';
import type { Amounts, Task, TaskOptions } from './task-options.ts';

export const KEPT_TASKS: Readonly<Record<string, Task>> = { kept };

const DAY = 86_400_000;
const DAYS = 365;
const WORDS = 150;
const VOCABULARY = ['alpha', 'beta', 'gamma', 'delta', 'epsilon', 'zeta', 'eta', 'theta', 'iota', 'kappa'];

const AT_ONCE: Clock = {
  now: () => 0,
  after(_milliseconds, run) {
    queueMicrotask(run);
    return { cancel: () => undefined };
  },
};

async function kept(options: TaskOptions): Promise<Amounts> {
  // Only what is in the rows is looked at.
  const store = await openStore(memoryStore());
  const committer = new Committer(store);
  const folder = newFolderId(systemRandom);
  const log = await FolderLog.open({ store, committer, folder, random: systemRandom });
  let today = systemClock.now();
  // Days pass when all is done: nothing waits for a timer.
  const clock: Clock = { now: () => today, after: () => ({ cancel: () => undefined }) };
  const runner = inlineCompaction(documentCodec, AT_ONCE);
  // Nobody is quiet for a moment where a day takes less.
  const policy = {
    ...relayCompactionPolicy,
    isOverdue: (index: DocumentIndex) => relayCompactionPolicy.isDue(index),
  };
  const compactor = new Compactor({ runner, policy, clock, logger: silentLogger });
  compactor.watch(log);
  const writer = new SavingWriter(log, options.documents);
  await log.append(writer.create()).durable;
  for (let day = 0; day < DAYS; day++) {
    const saves =
      Math.floor(((day + 1) * options.updates) / DAYS) - Math.floor((day * options.updates) / DAYS);
    await log.append(Array.from({ length: saves }, () => writer.save())).durable;
    await compactor.idle();
    today += DAY;
    // As when the relay is opened: it looks at once.
    const retention = new Retention({
      store,
      committer,
      compactor,
      clock,
      logger: silentLogger,
      keep: 30 * DAY,
    });
    retention.watch(log);
    await retention.idle();
    await retention.close();
  }
  let bytes = 0;
  const prefix = folderPrefix(folder);
  for await (const [key, row] of store.iterator({ gte: prefix, lt: prefixEnd(prefix) }))
    bytes += key.length + row.byteLength;
  await compactor.close();
  await store.close();
  return { storeShare: bytes / writer.content };
}

/** Somebody who changes a word of a file and saves it, of one file after the other. */
class SavingWriter {
  readonly #log: FolderLog;
  readonly #author = authorOf(newDeviceId(systemRandom), newRunId(systemRandom));
  readonly #random = new SeededRandom(1);
  readonly #docs: Y.Doc[];
  readonly #last: number[];
  #counter = 0;
  #next = 0;

  constructor(log: FolderLog, documents: number) {
    this.#log = log;
    this.#docs = Array.from({ length: documents }, (_, i) => newDocument(`d${i}`, i + 1, true));
    this.#last = this.#docs.map(() => 0);
  }

  /** Characters in all files. */
  get content(): number {
    return this.#docs.reduce((sum, doc) => sum + doc.getText('text').length, 0);
  }

  create(): LogRecord[] {
    const words = (): string => Array.from({ length: WORDS }, () => this.#random.pick(VOCABULARY)).join(' ');
    return this.#docs.map((_, i) => this.#record(i, (text) => text.insert(0, words())));
  }

  save(): LogRecord {
    const number = this.#next++ % this.#docs.length;
    return this.#record(number, (text) => {
      const words = text.toString().split(' ');
      const place = this.#random.below(words.length);
      const from = words.slice(0, place).reduce((sum, word) => sum + word.length + 1, 0);
      text.delete(from, words[place]!.length);
      text.insert(from, this.#random.pick(VOCABULARY));
    });
  }

  #record(number: number, write: (text: Y.Text) => void): LogRecord {
    const doc = this.#docs[number]!;
    let update: Uint8Array = new Uint8Array();
    doc.once('update', (made: Uint8Array) => (update = made));
    doc.transact(() => write(doc.getText('text')));
    const body = encodeBody(update);
    const prev = this.#last[number]!;
    this.#last[number] = this.#counter += 1;
    return makeRecord({
      folder: this.#log.folder,
      document: doc.guid as DocumentId,
      author: this.#author,
      counter: this.#counter,
      prev,
      time: 0,
      clocks: clocksOf(body),
      body,
    });
  }
}
