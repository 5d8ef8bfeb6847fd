import { describe, expect, test } from 'vitest';
import {
  type AuthorId,
  authorOf,
  type DeviceId,
  type DocumentId,
  type FolderId,
  utf8,
} from '../base/index.ts';
import { LIMITS, type LogRecord, makeRecord, makeSnapshot, NO_HEADS } from '../protocol/index.ts';
import { checkAdmission } from './admission.ts';

const FOLDER = 'f0'.repeat(16) as FolderId;
const [FULL, OTHER] = ['full', 'other'] as DocumentId[] as [DocumentId, DocumentId];

const author = (number: number): AuthorId =>
  authorOf(`0${number}`.repeat(16) as DeviceId, 'aa'.repeat(8) as never);
const [HERE, LAST, FURTHER] = [author(1), author(2), author(3)];

const record = (by: AuthorId, document: DocumentId, counter = 1): LogRecord =>
  makeRecord({
    folder: FOLDER,
    document,
    author: by,
    counter,
    prev: counter - 1,
    time: 0,
    body: utf8('body'),
  });

describe('a document that has all the authors but one that it can have', () => {
  const names = Array.from({ length: LIMITS.headsAuthors - 2 }, (_, i) => String(i) as AuthorId);
  const heads = new Map([HERE, ...names].map((name) => [name, 1]));
  const admit = (...records: LogRecord[]): void =>
    checkAdmission(records, FOLDER, (document) => (document === FULL ? heads : NO_HEADS));
  const refused = expect.objectContaining({ code: 'RECORD_MALFORMED' });

  test('takes one more, as often as it writes, and more of those it has', () => {
    expect(() => admit(record(HERE, FULL, 2), record(LAST, FULL), record(LAST, FULL, 2))).not.toThrow();
  });

  test('takes no two more, also if one is only named as covered', () => {
    expect(() => admit(record(LAST, FULL), record(FURTHER, FULL))).toThrow(refused);
    const covers = new Map([LAST, FURTHER].map((name) => [name, 1]));
    const snapshot = makeSnapshot({ folder: FOLDER, document: FULL, covers, blobs: [], body: utf8('state') });
    expect(() => admit(snapshot)).toThrow(refused);
  });

  test('leaves others alone', () => {
    expect(() => admit(record(LAST, FULL), record(FURTHER, OTHER))).not.toThrow();
  });
});
