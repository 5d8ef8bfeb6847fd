import { describe, expect, test } from 'vitest';
import type * as Y from 'yjs';
import {
  type AuthorId,
  authorOf,
  type BlobName,
  type DeviceId,
  type DocumentId,
  type FolderId,
  type RunId,
} from '../base/index.ts';
import { applyDocumentState, documentCodec, encodeBody, newDocument } from '../model/index.ts';
import { encodeRecord, makeRecord, type NewRecord, NOBODY, Reader } from '../protocol/index.ts';
import {
  compactDocument,
  type CompactionJob,
  type CompactionResult,
  JobRows,
  PACK_BYTES,
} from './compact-document.ts';
import { readState } from './document-state.ts';
import { readPack } from './pack.ts';

const author = (number: number): AuthorId =>
  authorOf(`0${number}`.repeat(16) as DeviceId, 'aa'.repeat(8) as RunId);
const [ANN, BEN] = [author(1), author(2)];

/** Bodies of what one writes, a transaction each. */
function bodiesOf(clientID: number, write: (doc: Y.Doc) => Iterable<void>): Uint8Array[] {
  const doc = newDocument('d', clientID, true);
  const bodies: Uint8Array[] = [];
  doc.on('update', (update: Uint8Array) => bodies.push(encodeBody(update)));
  for (const _ of write(doc)) continue;
  return bodies;
}

/** So many words, one after the other, and the first ones deleted again. */
function* typing(doc: Y.Doc, words: number): Generator<void> {
  const text = doc.getText('text');
  for (let i = 0; i < words; i++) yield text.insert(text.length, `word ${i} `);
  yield text.delete(0, 7);
}

interface Placed {
  readonly body: Uint8Array;
  readonly by?: AuthorId;
  readonly fields?: Partial<NewRecord> & { generation?: number; keyId?: number };
}

/** Records of one author or more, numbered from 1 on, at the places from 1 on. */
function rowsOf(placed: readonly Placed[], from = 0): Uint8Array {
  const rows = new JobRows();
  const counters = new Map<AuthorId, number>();
  placed.forEach(({ body, by = ANN, fields = {} }, i) => {
    const prev = counters.get(by) ?? 0;
    counters.set(by, prev + 1);
    if (i < from) return;
    const record = makeRecord({
      folder: 'f0'.repeat(16) as FolderId,
      document: 'd' as DocumentId,
      author: by,
      counter: prev + 1,
      prev,
      time: 0,
      body,
      ...fields,
    });
    rows.add(i + 1, false, encodeRecord(record));
  });
  return rows.finish();
}

function run(job: Partial<CompactionJob> & Pick<CompactionJob, 'rows'>): {
  result: CompactionResult;
  steps: number;
} {
  const work = compactDocument({ state: undefined, packs: true, ...job }, documentCodec);
  for (let steps = 1; ; steps++) {
    const step = work.next();
    if (step.done === true) return { result: step.value, steps };
  }
}

function compacted(job: Parameters<typeof run>[0]): CompactionResult & { type: 'compacted' } {
  const { result } = run(job);
  if (result.type !== 'compacted') throw new Error(JSON.stringify(result));
  return result;
}

function textIn(row: Uint8Array): string {
  const doc = newDocument('d', 9, true);
  applyDocumentState(doc, readState(new Reader(row)).body, undefined);
  return doc.getText('text').toString();
}

describe('a document that is compacted', () => {
  const bodies = bodiesOf(1, (doc) => typing(doc, 300));
  const placed = bodies.map((body) => ({ body }));
  const shown = Array.from({ length: 300 }, (_, i) => `word ${i} `)
    .join('')
    .slice(7);

  test('has a state that is what all records come to, and says for which it stands', () => {
    const { state, packs } = compacted({ rows: rowsOf(placed) });
    const { seq, records, covers } = readState(new Reader(state));
    expect([seq, records, [...covers]]).toEqual([301, 301, [[ANN, 301]]]);
    expect(textIn(state)).toBe(shown);
    expect(packs.map((pack) => [pack.seq, pack.records])).toEqual([[301, 301]]);
  });

  test('goes on from a state as if it had begun with nothing', () => {
    const first = compacted({ rows: rowsOf(placed.slice(0, 200)) });
    const rows = rowsOf(placed, 200);
    const { state, packs } = compacted({ state: first.state, rows });
    expect(textIn(state)).toBe(shown);
    expect(readState(new Reader(state))).toMatchObject({ seq: 301, records: 301 });
    expect(packs.map((pack) => [pack.seq, pack.records])).toEqual([[301, 101]]);
  });

  test('is worked on in steps of 64 records at most, however many there are', () => {
    const rows = rowsOf(placed);
    // A step for each 64 records, and one for each of: what is left, the state, the pack.
    expect(run({ rows }).steps).toBeGreaterThanOrEqual(Math.floor(301 / 64) + 3);
  });

  test('goes on from a snapshot, in whose place it knows all that this covers, and names all blobs', () => {
    const [early, late] = ['aa'.repeat(32), 'bb'.repeat(32)] as [BlobName, BlobName];
    const first = compacted({ rows: rowsOf(placed.slice(0, 200)) });
    const { body } = readState(new Reader(first.state));
    const snapshot = { kind: 'snapshot' as const, covers: new Map([[ANN, 200]]), blobs: [early] };
    const behind = bodies.slice(200).map((each, i) => ({
      body: each,
      fields: { counter: 201 + i, prev: 200 + i, blobs: i === 0 ? [late, early] : [] },
    }));
    const { state, packs } = compacted({ rows: rowsOf([{ body, by: NOBODY, fields: snapshot }, ...behind]) });
    expect(textIn(state)).toBe(shown);
    const { records, covers, blobs } = readState(new Reader(state));
    expect([records, [...covers], blobs]).toEqual([102, [[ANN, 301]], [early, late]]);
    expect(packs.map((pack) => pack.records)).toEqual([102]);
  });

  test('fills packs one after the other', () => {
    const large = bodiesOf(1, function* write(doc) {
      for (let i = 0; i < 10; i++) yield doc.getText('text').insert(0, String(i).repeat(PACK_BYTES / 3));
    });
    const { packs } = compacted({ rows: rowsOf(large.map((body) => ({ body }))) });
    expect(packs.map(({ seq }) => seq)).toEqual([3, 6, 9, 10]);
    const places = packs.flatMap(({ row }) => readPack(new Reader(row)).map(({ seq }) => seq));
    expect(places).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  test('has no place for what was typed and deleted since, and its text is compressed', () => {
    const { state } = compacted({
      rows: rowsOf(
        bodiesOf(1, function* write(doc) {
          for (let i = 0; i < 1000; i++) {
            yield doc.getText('text').insert(0, 'gone ');
            yield doc.getText('text').delete(0, 5);
          }
        }).map((body) => ({ body })),
      ),
    });
    expect(state.byteLength).toBeLessThan(200);
  });
});

describe('a document that cannot be compacted', () => {
  test('is one that waits for what another author wrote', () => {
    const [first, second] = bodiesOf(1, (doc) => typing(doc, 1)) as [Uint8Array, Uint8Array];
    // Ben deletes what Ann wrote, and her record is not here.
    const { result } = run({ rows: rowsOf([{ body: second, by: BEN }]) });
    expect(result).toMatchObject({ type: 'unfit' });
    expect(run({ rows: rowsOf([{ body: first }, { body: second, by: BEN }]) }).result.type).toBe('compacted');
  });

  test.each([
    ['of another generation', { generation: 1 }],
    ['that are sealed', { keyId: 1 }],
  ])('is one with records %s', (_what, fields) => {
    const [first, second] = bodiesOf(1, (doc) => typing(doc, 1)) as [Uint8Array, Uint8Array];
    const { result } = run({ rows: rowsOf([{ body: first }, { body: second, fields }]) });
    expect(result).toMatchObject({ type: 'unfit' });
  });

  test('is one with a body that is no update, and that is told', () => {
    const rows = rowsOf([{ body: Uint8Array.of(0, 9, 9, 9) }]);
    expect(() => run({ rows })).toThrow(expect.objectContaining({ code: 'UPDATE_MALFORMED' }));
  });

  test('is one that lost a record in its middle: a state would hide the loss', () => {
    const bodies = bodiesOf(1, (doc) => typing(doc, 2));
    const rows = rowsOf(
      bodies.map((body, i) => ({ body, ...(i === 2 ? { fields: { counter: 4, prev: 3 } } : {}) })),
    );
    expect(() => run({ rows })).toThrow(/record 3 of/);
  });

  test('is one with a snapshot that is no state, and that is told', () => {
    const fields = { kind: 'snapshot' as const, covers: new Map([[BEN, 1]]) };
    const rows = rowsOf([{ body: Uint8Array.of(1, 9, 9, 9), fields }]);
    expect(() => run({ rows })).toThrow(expect.objectContaining({ code: 'UPDATE_MALFORMED' }));
  });

  test('is one whose state is damaged, and that is told apart', () => {
    const bodies = bodiesOf(1, (doc) => typing(doc, 3)).map((body) => ({ body }));
    const { state } = compacted({ rows: rowsOf(bodies.slice(0, 2)) });
    state[state.length - 1] = (state.at(-1) as number) ^ 1;
    expect(run({ state, rows: rowsOf(bodies, 2) }).result).toEqual({ type: 'state damaged' });
    // From the beginning it can be made anew.
    expect(textIn(compacted({ rows: rowsOf(bodies), packs: false }).state)).toBe('word 1 word 2 ');
  });
});
