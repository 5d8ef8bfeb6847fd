import {
  type AuthorId,
  authorOf,
  type DeviceId,
  type DocumentId,
  type FolderId,
  type RunId,
  systemClock,
} from '@evermesh/core/base';
import { type CompactionJob, type CompactionRunner, inlineCompaction, JobRows } from '@evermesh/core/log';
import { documentCodec, encodeBody, newDocument } from '@evermesh/core/model';
import { encodeRecord, makeRecord } from '@evermesh/core/protocol';
import { afterEach, describe, expect, test } from 'vitest';
import { threadCompaction } from './compaction-thread.ts';

const ANN: AuthorId = authorOf('01'.repeat(16) as DeviceId, 'aa'.repeat(8) as RunId);
const never = new AbortController().signal;

function jobOf(bodies: readonly Uint8Array[]): CompactionJob {
  const rows = new JobRows();
  bodies.forEach((body, i) => {
    const counter = i + 1;
    const fields = { folder: 'f0'.repeat(16) as FolderId, document: 'd' as DocumentId, author: ANN };
    rows.add(counter, false, encodeRecord(makeRecord({ ...fields, counter, prev: i, time: 0, body })));
  });
  return { state: undefined, packs: true, rows: rows.finish() };
}

function typed(words: number): Uint8Array[] {
  const doc = newDocument('d', 1, true);
  const bodies: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => bodies.push(encodeBody(update)));
  for (let i = 0; i < words; i++) doc.getText('text').insert(0, `word ${i} `);
  return bodies;
}

describe('a thread that compacts', () => {
  const runner: CompactionRunner = threadCompaction();
  afterEach(() => runner.close());

  test('comes to the same bytes as compaction in this thread, job after job', async () => {
    const inline = inlineCompaction(documentCodec, systemClock);
    for (const words of [10, 500]) {
      const here = await inline.run(jobOf(typed(words)), never);
      expect(here.type).toBe('compacted');
      expect(await runner.run(jobOf(typed(words)), never)).toEqual(here);
    }
    // The row of a state may be the store's own array: it is not given away.
    const first = await inline.run(jobOf(typed(10)), never);
    if (first.type !== 'compacted') throw new Error(first.type);
    await runner.run({ ...jobOf([]), state: first.state }, never);
    expect(first.state.byteLength).toBeGreaterThan(0);
  });

  test('names what is wrong with a document, and goes on with the next', async () => {
    const bad = jobOf([Uint8Array.of(0, 9, 9, 9)]);
    await expect(runner.run(bad, never)).rejects.toMatchObject({ code: 'UPDATE_MALFORMED' });
    expect((await runner.run(jobOf(typed(3)), never)).type).toBe('compacted');
  });

  test('that breaks is an error of that job only: the next has a new one', async () => {
    const broken = { ...jobOf([]), state: 'no row' as never };
    await expect(runner.run(broken, never)).rejects.toMatchObject({ code: 'INTERNAL' });
    expect((await runner.run(jobOf(typed(3)), never)).type).toBe('compacted');
  });

  test('ends when it is told to, in the middle of its work too', async () => {
    const stop = new AbortController();
    const running = runner.run(jobOf(typed(2000)), stop.signal);
    stop.abort(new Error('no longer wanted'));
    await expect(running).rejects.toThrow('no longer wanted');
    await expect(runner.run(jobOf([]), stop.signal)).rejects.toThrow('no longer wanted');
    expect((await runner.run(jobOf(typed(3)), never)).type).toBe('compacted');
  });
});
