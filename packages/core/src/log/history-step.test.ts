import { expect, test } from 'vitest';
import type { AuthorId, DocumentId, FolderId } from '../base/index.ts';
import { type Heads, makeRecord, makeSnapshot, type NewRecord } from '../protocol/index.ts';
import { stepOf } from './history-step.ts';

const FOLDER = '0123456789abcdef0123456789abcdef' as FolderId;
const DOCUMENT = 'tree0' as DocumentId;
const A = 'a'.repeat(48) as AuthorId;
const B = 'b'.repeat(48) as AuthorId;
const BODY = Uint8Array.of(0, 0, 0);

const record = (fields: Pick<NewRecord, 'author' | 'counter' | 'prev'>): ReturnType<typeof makeRecord> =>
  makeRecord({ folder: FOLDER, document: DOCUMENT, time: 7, body: BODY, ...fields });

const plain = (heads: Heads): Record<string, number> => Object.fromEntries(heads);

test('a step says what it brings, and the heads with it', () => {
  const heads = new Map([[A, 3]]);
  const step = stepOf(record({ author: B, counter: 5, prev: 2 }), heads);
  expect(plain(step.brings)).toEqual({ [B]: 5 });
  expect(plain(step.heads)).toEqual({ [A]: 3, [B]: 5 });
  expect(step.time).toBe(7);
  expect(step.updates).toEqual([{ kind: 'update', body: BODY }]);
});

test('the heads of a step stay what they were when more is read', () => {
  const heads = new Map<AuthorId, number>();
  const first = stepOf(record({ author: A, counter: 1, prev: 0 }), heads);
  stepOf(record({ author: A, counter: 2, prev: 1 }), heads);
  expect(plain(first.heads)).toEqual({ [A]: 1 });
});

test('a snapshot brings all that it covers', () => {
  const covers = new Map([
    [A, 4],
    [B, 9],
  ]);
  const snapshot = makeSnapshot({ folder: FOLDER, document: DOCUMENT, covers, blobs: [], body: BODY });
  const step = stepOf(snapshot, new Map([[A, 6]]));
  expect(plain(step.brings)).toEqual({ [A]: 4, [B]: 9 });
  expect(plain(step.heads)).toEqual({ [A]: 6, [B]: 9 });
  expect(step).toMatchObject({ time: 0, updates: [{ kind: 'snapshot' }] });
});

test('what nobody here can read is a step that changes nothing', () => {
  const { header, body } = record({ author: A, counter: 1, prev: 0 });
  const step = stepOf({ header: { ...header, generation: 1 }, body }, new Map());
  expect(step.updates).toEqual([]);
  expect(plain(step.heads)).toEqual({ [A]: 1 });
});
