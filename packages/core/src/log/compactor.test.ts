import { VirtualClock } from '@evermesh/testkit';
import { describe, expect, test } from 'vitest';
import {
  type AuthorId,
  authorOf,
  type Clock,
  type DeviceId,
  type DocumentId,
  type FolderId,
  type RunId,
  silentLogger,
  utf8,
} from '../base/index.ts';
import { type LogRecord, makeRecord, NO_HEADS } from '../protocol/index.ts';
import { type MemoryStore, memoryStore } from '../testing/memory-store.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import type { BodyCodec } from './body-codec.ts';
import { Committer } from './committer.ts';
import { compactionPolicy } from './compaction-policy.ts';
import { type CompactionRunner, inlineCompaction } from './compaction-runner.ts';
import { Compactor } from './compactor.ts';
import { FolderLog } from './folder-log.ts';
import { recordPrefix, stateKey } from './keys.ts';
import { openStore } from './open-store.ts';

const FOLDER = 'f0'.repeat(16) as FolderId;
const A = 'a' as DocumentId;
const ANN: AuthorId = authorOf('01'.repeat(16) as DeviceId, 'aa'.repeat(8) as RunId);

/** Bodies that are texts, and a state that is how many bytes of them there were. */
const counting: BodyCodec = {
  history: () => {
    throw new TypeError('Nobody asks for a history here.');
  },
  fold(state) {
    let bytes = state === undefined ? 0 : Number(new TextDecoder().decode(state));
    return {
      add: (bodies) => bodies.forEach((body) => (bytes += body.byteLength)),
      addState: (other) => (bytes += Number(new TextDecoder().decode(other))),
      finish: () => utf8(String(bytes)),
    };
  },
};

/** Between two steps of the inline runner no time has to pass here. */
const AT_ONCE: Clock = {
  now: () => 0,
  after(_milliseconds, run) {
    queueMicrotask(run);
    return { cancel: () => undefined };
  },
};

interface World {
  readonly log: FolderLog;
  readonly store: MemoryStore;
  readonly clock: VirtualClock;
  readonly compactor: Compactor;
  readonly warnings: string[];
  /** Jobs that were run. */
  readonly runs: { rows: number; state: boolean }[];
  readonly write: (count: number) => Promise<void>;
}

async function open(
  options: { rows?: Map<string, Uint8Array>; runner?: CompactionRunner } = {},
): Promise<World> {
  const store = memoryStore(options.rows);
  await openStore(store);
  const committer = new Committer(store);
  const log = await FolderLog.open({ store, committer, folder: FOLDER, random: seededRandom(1) });
  const clock = new VirtualClock();
  const inner = options.runner ?? inlineCompaction(counting, AT_ONCE);
  const runs: World['runs'] = [];
  const runner: CompactionRunner = {
    run(job, signal) {
      runs.push({ rows: job.rows.byteLength, state: job.state !== undefined });
      return inner.run(job, signal);
    },
    close: () => inner.close(),
  };
  const warnings: string[] = [];
  const warn = (message: string): void => void warnings.push(message);
  const logger = { ...silentLogger, warn, error: warn };
  const compactor = new Compactor({ runner, policy: compactionPolicy, clock, logger });
  compactor.watch(log);
  const write = async (count: number): Promise<void> => {
    const records: LogRecord[] = [];
    for (let i = 0; i < count; i++) {
      const prev = log.lastCounter(ANN) + i;
      const body = utf8(`body ${prev}`);
      records.push(
        makeRecord({ folder: FOLDER, document: A, author: ANN, counter: prev + 1, prev, time: 0, body }),
      );
    }
    await log.append(records).durable;
  };
  return { log, store, clock, compactor, warnings, runs, write };
}

const rowsOf = ({ store }: World): string[] =>
  [...store.rows.keys()].filter((key) => key.startsWith(recordPrefix(FOLDER, A)));

async function seqs({ log }: World): Promise<number[]> {
  const found: number[] = [];
  for await (const { seq } of log.read.document(A, NO_HEADS)) found.push(seq);
  return found;
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);

/** Everybody is quiet for as long as it takes. */
async function quiet({ clock, compactor }: World): Promise<void> {
  clock.advance(3000);
  await compactor.idle();
}

describe('a document is compacted', () => {
  test('once nobody wrote to it for a moment, and not before', async () => {
    const world = await open();
    await world.write(150);
    for (let i = 0; i < 20; i++) {
      world.clock.advance(900);
      await world.compactor.idle();
      await world.write(1);
    }
    expect(world.runs).toEqual([]);
    await quiet(world);
    expect(rowsOf(world)).toHaveLength(1);
    expect(world.log.document(A)).toMatchObject({ records: 170, compacted: { seq: 170, records: 170 } });
    expect(await seqs(world)).toEqual(upTo(170));
  });

  test('not for a few records: opening it is as fast without', async () => {
    const world = await open();
    await world.write(99);
    await quiet(world);
    expect(world.runs).toEqual([]);
    await world.write(1);
    await quiet(world);
    expect(world.runs).toHaveLength(1);
  });

  test('while it is written to without a pause, when it is far behind', async () => {
    const world = await open();
    for (let i = 0; i < 80; i++) await world.write(10);
    await world.compactor.idle();
    expect(world.runs.length).toBeGreaterThan(0);
  });

  test('when it is opened and was due before', async () => {
    const before = await open();
    await before.write(200);
    await before.compactor.close();
    expect(before.runs).toEqual([]);
    const world = await open({ rows: before.store.rows });
    await quiet(world);
    expect(world.log.document(A)?.compacted?.records).toBe(200);
  });

  test('and a timer runs only while something is due', async () => {
    const world = await open();
    expect(world.clock.waiting).toBe(0);
    await world.write(100);
    expect(world.clock.waiting).toBe(1);
    await quiet(world);
    expect(world.clock.waiting).toBe(0);
  });
});

describe('work', () => {
  test('grows with the records, not with their square: a record is packed a few times, however many follow', async () => {
    const packed = async (count: number): Promise<number> => {
      const world = await open();
      for (let written = 0; written < count; written += 100) {
        await world.write(100);
        await quiet(world);
      }
      expect(await seqs(world)).toEqual(upTo(count));
      return world.runs.reduce((sum, { rows }) => sum + rows, 0);
    };
    const [few, many] = [await packed(1000), await packed(8000)];
    // Eight times the records: by their logarithm more than eight times the work, and far from 64 times.
    expect(many / few).toBeLessThan(8 * 2);
  });

  test('goes on beside appends: none waits, and none is lost', async () => {
    let letGo = (): void => undefined;
    const world = await open({
      runner: {
        run: async (job, signal) => {
          await new Promise<void>((resolve) => (letGo = resolve));
          return inlineCompaction(counting, AT_ONCE).run(job, signal);
        },
        close: () => Promise.resolve(),
      },
    });
    await world.write(100);
    world.clock.advance(3000);
    while (world.runs.length === 0) await Promise.resolve();
    await world.write(30);
    const together = world.write(20);
    letGo();
    await together;
    await world.compactor.idle();
    expect(world.log.document(A)).toMatchObject({ records: 150, lastSeq: 150, compacted: { records: 100 } });
    expect(await seqs(world)).toEqual(upTo(150));
    const again = await open({ rows: world.store.rows });
    expect(again.log.document(A)).toEqual(world.log.document(A));
    expect(again.log.lastCounter(ANN)).toBe(150);
  });

  test('that fails is told, is not tried again at once, and harms nothing', async () => {
    const world = await open({
      runner: {
        run: () => Promise.reject(new Error('out of memory')),
        close: () => Promise.resolve(),
      },
    });
    await world.write(100);
    await quiet(world);
    await world.write(40);
    await quiet(world);
    expect([world.runs.length, world.warnings]).toEqual([1, ['a document cannot be compacted']]);
    expect(await seqs(world)).toEqual(upTo(140));
    await world.write(20);
    await quiet(world);
    expect(world.runs).toHaveLength(2);
  });

  test('is abandoned when the compactor is closed, with nothing half done', async () => {
    const world = await open({
      runner: {
        run: (_job, signal) =>
          new Promise((_resolve, reject) =>
            signal.addEventListener('abort', () => reject(signal.reason as Error)),
          ),
        close: () => Promise.resolve(),
      },
    });
    await world.write(100);
    world.clock.advance(3000);
    while (world.runs.length === 0) await Promise.resolve();
    await world.compactor.close();
    expect(rowsOf(world)).toHaveLength(100);
    expect(world.warnings).toEqual([]);
    await world.write(500);
    world.clock.advance(3000);
    expect(world.runs).toHaveLength(1);
  });
});

describe('damage', () => {
  test('to a state that is found while compacting is told, and the state made anew from all records', async () => {
    const world = await open();
    await world.write(100);
    await quiet(world);
    const row = world.store.rows.get(stateKey(FOLDER, A)) as Uint8Array;
    const whole = row.slice();
    row[row.length - 1] = (row.at(-1) as number) ^ 1;
    await world.write(100);
    await quiet(world);
    expect(world.warnings).toEqual(['the state of a document is damaged, and is made anew']);
    expect((await world.log.read.state(A))?.records).toBe(200);
    expect(world.store.rows.get(stateKey(FOLDER, A))).not.toEqual(whole);
    expect(await seqs(world)).toEqual(upTo(200));
  });

  test('to a pack is told by its key, keeps the document as it is, and harms no other', async () => {
    const world = await open();
    await world.write(100);
    await quiet(world);
    const key = rowsOf(world)[0] as string;
    const row = world.store.rows.get(key) as Uint8Array;
    row[row.length - 1] = (row.at(-1) as number) ^ 1;
    const corrupt = { code: 'STORE_CORRUPT', details: { key } };
    await expect(seqs(world)).rejects.toMatchObject(corrupt);
    await expect(world.log.read.record(A, 5)).rejects.toMatchObject(corrupt);
    await world.write(100);
    await quiet(world);
    expect(world.warnings).toEqual(['a document cannot be compacted']);
    expect(world.store.rows.get(key)).toEqual(row);
    // What stands behind it is read by whoever has the state.
    const state = await world.log.read.state(A);
    const behind: number[] = [];
    for await (const { seq } of world.log.read.document(A, NO_HEADS, state)) behind.push(seq);
    expect(behind).toEqual(upTo(200).slice(100));
  });

  test('to what the index says of packs is not passed over: records that are missing are told', async () => {
    const world = await open();
    await world.write(100);
    await quiet(world);
    world.store.rows.delete(rowsOf(world)[0] as string);
    await expect(seqs(world)).rejects.toMatchObject({ code: 'STORE_CORRUPT' });
    expect(await world.log.read.record(A, 5)).toBeUndefined();
  });
});
