/**
 * Whatever becomes durable, in whatever batches, and whoever put it: each reader is sent all of it that stands behind its place and
 * that it did not put itself, once and in order, and no frame is longer than a page unless one PUT alone is.
 */
import { Listeners } from '@evermesh/core/base';
import type { Appended, FolderLog, LogEntry } from '@evermesh/core/log';
import { decodeMessage, decodeRecord, type FromRelay, type Live } from '@evermesh/core/protocol';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { LiveRound } from './live-round.ts';
import { A, TestAuthor } from './testing/test-author.ts';

const PAGE_BYTES = 256 * 1024;
const SOURCES = 3;

interface PlannedPut {
  readonly source: number;
  /** Bytes of the content of each record. */
  readonly sizes: readonly number[];
}

const put = fc.record({
  source: fc.nat(SOURCES - 1),
  sizes: fc.array(fc.oneof(fc.nat(40), fc.integer({ min: 60_000, max: 300_000 })), {
    minLength: 1,
    maxLength: 3,
  }),
});
const batches = fc.array(fc.array(put, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 4 });

test('each reader is sent what is news to it, once and in order', async () => {
  let [frames, shared, cut, begun] = [0, 0, 0, 0];
  await fc.assert(
    fc.asyncProperty(batches, fc.nat(30), async (planned, start) => {
      const told = new Listeners<Appended>();
      const round = new LiveRound({ appended: told } as unknown as FolderLog);
      const log = entriesOf(planned);
      const all = log.flat().flatMap(({ entries }) => entries);
      const readers = [0, 1, 2, 3].map((source) => ({
        channel: source % 2,
        source,
        after: source === 3 ? Math.min(start, all.length) : 0,
        sent: [] as number[],
      }));
      const puts = log.flat().map(({ entries }) => sizeOf(entries.map(({ bytes }) => bytes)));
      const atMost = Math.max(PAGE_BYTES, ...puts);
      const wrong: string[] = [];
      round.pages.add((page) => {
        const made = new Set<Uint8Array>();
        for (const reader of readers) {
          if (page.through.seq <= reader.after) continue;
          if (reader.source === 3 && reader.after > 0) begun += 1;
          const live = page.frame(reader.source, reader.after, reader.channel);
          reader.after = page.through.seq;
          if (live === undefined) continue;
          const { frame, bytes } = live;
          frames += 1;
          if (made.has(frame)) shared += 1;
          made.add(frame);
          const { channel, through, records } = decodeMessage(frame) as FromRelay & Live;
          if (channel !== reader.channel || through.seq !== page.through.seq) wrong.push('place');
          if (sizeOf(records) > atMost || sizeOf(records) !== bytes) wrong.push('size');
          reader.sent.push(...records.map((record) => decodeRecord(record).header.counter));
        }
      });
      for (const batch of log) {
        for (const each of batch) told.emit(each);
        await Promise.resolve();
      }
      if (
        log.some(
          (batch) => sizeOf(batch.flatMap(({ entries }) => entries.map(({ bytes }) => bytes))) > PAGE_BYTES,
        )
      )
        cut += 1;
      expect(wrong).toEqual([]);
      for (const { source, sent } of readers) {
        const from = source === 3 ? Math.min(start, all.length) : 0;
        const news = log.flat().filter((appended) => appended.source !== source);
        const wanted = news.flatMap(({ entries }) => entries.filter(({ seq }) => seq > from));
        expect(sent).toEqual(wanted.map(({ seq }) => seq));
      }
    }),
    { numRuns: 60 },
  );
  expect(frames).toBeGreaterThan(100);
  expect(shared).toBeGreaterThan(10);
  expect(cut).toBeGreaterThan(5);
  expect(begun).toBeGreaterThan(5);
});

/** One author wrote all of it, so the counter of a record is its place. */
function entriesOf(planned: readonly (readonly PlannedPut[])[]): Appended[][] {
  const author = new TestAuthor('c'.repeat(32) as never);
  let seq = 0;
  const entry = (size: number): LogEntry => {
    const bytes = author.record(A, new Uint8Array(size));
    return {
      seq: (seq += 1),
      digest: new Uint8Array(16).fill(seq % 256),
      bytes,
      record: decodeRecord(bytes),
    };
  };
  return planned.map((batch) =>
    batch.map(({ source, sizes }) => ({ source, entries: sizes.map((size) => entry(size)) })),
  );
}

const sizeOf = (records: readonly Uint8Array[]): number =>
  records.reduce((sum, { byteLength }) => sum + byteLength, 0);
