/**
 * Laws of compaction, on two replicas that take the same records in the same order, in any order between two to four authors
 * who insert and delete in one document, of which one replica compacts whenever it can: between any two records, while others
 * arrive, and over restarts.
 *
 * - Every original record is there, byte for byte, in order and by its place.
 * - The document is the same, now and at any heads that it ever had; so is its history, step by step.
 * - A document that waits for another author's record is not compacted, and shows what arrives later (L2).
 * - The folder verifies.
 *
 * PROP_RUNS sets the number of runs, PROP_SEED replays one.
 */
import * as fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import * as Y from 'yjs';
import {
  type AuthorId,
  authorOf,
  type DeviceId,
  type DocumentId,
  equalBytes,
  type FolderId,
  type RunId,
  systemClock,
  toHex,
} from '../base/index.ts';
import type { CompactionRunner } from '../log/index.ts';
import { inlineCompaction, looseRecords } from '../log/index.ts';
import { clocksOf, documentCodec, encodeBody } from '../model/index.ts';
import { encodeRecord, type Heads, type LogRecord, makeRecord, NO_HEADS } from '../protocol/index.ts';
import { EAGER, openFolder, type TestFolder } from '../testing/open-folder.ts';

const RUNS = Number(process.env['PROP_RUNS'] ?? 60);
const SEED = process.env['PROP_SEED'];
const PARAMETERS = { numRuns: RUNS, ...(SEED === undefined ? {} : { seed: Number(SEED) }) };
const ID = '00112233445566778899aabbccddeeff' as FolderId;
const DOCUMENT = 'd0' as DocumentId;

type Step =
  /** An author changes the text, and says so in a record. */
  | { type: 'edit'; author: number; at: number; deleted: number; text: string }
  /** An author sees what another did. */
  | { type: 'see'; author: number; other: number }
  /** An author sees what another did, and what he answers may be here before that. */
  | { type: 'answer'; author: number; other: number }
  /** The next records of an author reach the replicas. */
  | { type: 'arrive'; author: number; count: number }
  /** What is being compacted may end. */
  | { type: 'settle' }
  | { type: 'restart' };

const author = fc.nat(3);
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      type: fc.constant('edit' as const),
      author,
      at: fc.nat(1000),
      deleted: fc.nat(4),
      text: fc.string({ maxLength: 6 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('see' as const), author, other: author }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('arrive' as const),
      author,
      count: fc.integer({ min: 1, max: 4 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('answer' as const), author, other: author }) },
  { weight: 4, arbitrary: fc.constant<Step>({ type: 'settle' }) },
  { weight: 1, arbitrary: fc.constant<Step>({ type: 'restart' }) },
);

const counted = { compactions: 0, unfit: 0, arrivedMeanwhile: 0, restarts: 0, fromState: 0 };

class Author {
  readonly number: number;
  readonly doc = new Y.Doc();
  readonly records: LogRecord[] = [];
  readonly #id: AuthorId;

  constructor(number: number) {
    this.number = number;
    this.#id = authorOf(`${number}${number}`.repeat(16) as DeviceId, 'aa'.repeat(8) as RunId);
    this.doc.clientID = number + 1;
  }

  edit({ at, deleted, text }: Step & { type: 'edit' }): void {
    let update: Uint8Array | undefined;
    this.doc.once('update', (made: Uint8Array) => (update = made));
    this.doc.transact(() => {
      const shown = this.doc.getText('text');
      const place = at % (shown.length + 1);
      shown.delete(place, Math.min(deleted, shown.length - place));
      shown.insert(place, text === '' ? 'x' : text);
    });
    const body = encodeBody(update as Uint8Array);
    const prev = this.records.length;
    const fields = { folder: ID, document: DOCUMENT, author: this.#id, counter: prev + 1, prev, time: 0 };
    this.records.push(makeRecord({ ...fields, clocks: clocksOf(body), body }));
  }

  see(other: Author): void {
    Y.applyUpdate(this.doc, Y.encodeStateAsUpdate(other.doc));
  }
}

/** Holds back whatever is compacted until it is let go. */
class HeldBack implements CompactionRunner {
  readonly #inner = inlineCompaction(documentCodec, systemClock);
  #waiting: (() => void)[] = [];
  #isOpen = false;

  get isRunning(): boolean {
    return this.#waiting.length > 0;
  }

  async run(...[job, signal]: Parameters<CompactionRunner['run']>): ReturnType<CompactionRunner['run']> {
    await new Promise<void>((resolve) => {
      if (this.#isOpen) resolve();
      else this.#waiting.push(resolve);
      signal.addEventListener('abort', () => resolve());
    });
    const result = await this.#inner.run(job, signal);
    counted[result.type === 'compacted' ? 'compactions' : 'unfit'] += 1;
    return result;
  }

  /** Nothing is held back while `done` is awaited. */
  async letGo(done: () => Promise<void>): Promise<void> {
    this.#isOpen = true;
    for (const resolve of this.#waiting.splice(0)) resolve();
    await done();
    this.#isOpen = false;
  }

  close(): Promise<void> {
    return this.#inner.close();
  }
}

class World {
  readonly authors = [0, 1, 2, 3].map((number) => new Author(number));
  readonly #arrived = [0, 0, 0, 0];
  /** Heads that the document had. */
  readonly heads: Heads[] = [];
  runner = new HeldBack();
  plain!: TestFolder;
  compacting!: TestFolder;
  #runs = 1;

  async start(rows?: Map<string, Uint8Array>): Promise<void> {
    this.runner = new HeldBack();
    const seed = (this.#runs += 1);
    const known = rows === undefined ? {} : { rows };
    this.plain ??= await openFolder({ seed: 1, id: ID });
    this.compacting = await openFolder({ seed, id: ID, policy: EAGER, runner: this.runner, ...known });
  }

  async do(one: Step): Promise<void> {
    if (one.type === 'edit') this.authors[one.author]?.edit(one);
    else if (one.type === 'see') this.authors[one.author]?.see(this.authors[one.other] as Author);
    else if (one.type === 'answer') await this.#answer(one.author, one.other);
    else if (one.type === 'arrive') await this.arrive(one.author, one.count);
    else if (one.type === 'settle') await this.settle();
    else await this.#restart();
  }

  async #answer(number: number, other: number): Promise<void> {
    const by = this.authors[number] as Author;
    by.see(this.authors[other] as Author);
    by.edit({ type: 'edit', author: number, at: 0, deleted: 1, text: 're ' });
    await this.arrive(number, Number.POSITIVE_INFINITY);
  }

  async arrive(number: number, count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const record = this.authors[number]?.records[this.#arrived[number] as number];
      if (record === undefined) return;
      this.#arrived[number] = (this.#arrived[number] as number) + 1;
      if (this.runner.isRunning) counted.arrivedMeanwhile += 1;
      for (const each of [this.plain, this.compacting]) await each.state.log.append([record]).durable;
      this.heads.push(this.plain.state.log.assignedHeads(DOCUMENT));
    }
  }

  /** Nothing is being compacted any more, and all that could be is. */
  settle(): Promise<void> {
    return this.runner.letGo(() => this.compacting.compactor.idle());
  }

  async #restart(): Promise<void> {
    counted.restarts += 1;
    await this.compacting.compactor.close();
    await this.compacting.state.log.idle();
    this.compacting.state.close();
    await this.start(this.compacting.store.rows);
  }
}

const textOf = (doc: Y.Doc): string => doc.getText('text').toString();

async function originals({ state }: TestFolder): Promise<string[]> {
  const found: string[] = [];
  for await (const { seq, record, bytes } of state.log.read.document(DOCUMENT, NO_HEADS)) {
    expect(equalBytes(bytes, encodeRecord(record))).toBe(true);
    const at = await state.log.read.record(DOCUMENT, seq);
    expect(at?.bytes).toEqual(bytes);
    found.push(`${seq} ${toHex(bytes)}`);
  }
  return found;
}

async function historyOf({ state }: TestFolder): Promise<string[]> {
  const steps: string[] = [];
  for await (const at of state.documents.history(DOCUMENT))
    steps.push(`${JSON.stringify([...at.step.brings])} ${at.step.time} ${textOf(at.doc)}`);
  return steps;
}

async function expectEqual(world: World): Promise<void> {
  const { plain, compacting } = world;
  expect(await originals(compacting)).toEqual(await originals(plain));
  const text = textOf(await plain.state.documents.newest(DOCUMENT));
  expect(textOf(await compacting.state.documents.newest(DOCUMENT))).toBe(text);
  expect(await historyOf(compacting)).toEqual(await historyOf(plain));
  for (const heads of world.heads) {
    const there = textOf(await plain.state.documents.at(DOCUMENT, heads));
    expect(textOf(await compacting.state.documents.at(DOCUMENT, heads))).toBe(there);
  }
  const readable: (string | undefined)[] = [];
  for await (const record of compacting.state.log.read.readable(DOCUMENT))
    readable.push(record && `${record.header.author} ${record.header.counter}`);
  expect(readable).toHaveLength(world.heads.length);
  expect(await compacting.folder.verify()).toEqual([]);
  if (compacting.state.log.document(DOCUMENT)?.compacted !== undefined) counted.fromState += 1;
}

test(
  'compacted at any moment, a document is what it is without, in all that was ever known of it',
  { timeout: 120_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60 }), async (steps) => {
        const world = new World();
        await world.start();
        for (const one of steps) await world.do(one);
        await expectEqual(world);
        // Whatever was missing arrives: nothing waits any more, so everything can be compacted.
        for (const { number } of world.authors) await world.arrive(number, Number.POSITIVE_INFINITY);
        await world.settle();
        await world.do({ type: 'restart' });
        await world.settle();
        const held = world.compacting.state.log.document(DOCUMENT);
        if (held !== undefined) expect(looseRecords(held)).toBeLessThan(2);
        await expectEqual(world);
        await world.compacting.compactor.close();
        await world.plain.compactor.close();
      }),
      PARAMETERS,
    );
  },
);

afterAll(() => {
  if (SEED !== undefined) return;
  for (const [what, times] of Object.entries(counted)) expect(times, what).toBeGreaterThan(RUNS / 20);
});
