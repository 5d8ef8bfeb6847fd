import { describe, expect, test } from 'vitest';
import type * as Y from 'yjs';
import { encodeBody, newDocument } from './body-codec.ts';
import { documentCodec } from './document-codec.ts';
import { applyDocumentState, encodeDocumentState, equalStates } from './document-state.ts';

/**
 * What three authors wrote, fifteen records as they were made, and an order that takes each author's out of theirs. Yjs then waits
 * for ever for something that it has. The log takes no author's records out of order, because of this.
 */
const STUCK = [
  'AQEBAAQBBHRleHQBYQA=',
  'AQECAIQBAANhYmMBAQEAAQ==',
  'AQEDAAQBBHRleHQCYWIA',
  'AQECA8QCAAIBA2FiYwECAQIB',
  'AQEDAkQDAANhYmMBAwEBAQ==',
  'AQEBAcQBAAIAAWEBAgEBAQ==',
  'AQECBsQCBAIFAmFiAA==',
  'AQEDBcQDAwMEAmFiAQMBAAE=',
  'AQECCMQBAAEBAWEBAgEDAQ==',
  'AQEDB8QCAwIEAWEA',
  'AQECCcQCBwIFA2FiYwA=',
  'AQECDMQBAAIIAXoBAgEHAQ==',
  'AQEBAsQBAAIMAXoA',
  'AQEBA8QBAAECA2FiYwA=',
  'AQECDcQBAAEDAXoA',
];
const STUCK_ORDER = [9, 4, 12, 1, 7, 8, 14, 10, 13, 3, 2, 0, 5, 11, 6];

const bodies = STUCK.map((update) => encodeBody(new Uint8Array(Buffer.from(update, 'base64'))));

function written(write: (doc: Y.Doc) => void): Y.Doc {
  const doc = newDocument('d', 1, true);
  write(doc);
  return doc;
}

function read(state: Uint8Array): Y.Doc {
  const doc = newDocument('d', 2, true);
  applyDocumentState(doc, state, undefined);
  return doc;
}

describe('the state of a document', () => {
  test.each([
    ['nothing', () => undefined],
    ['a few characters, which are not worth compressing', (doc: Y.Doc) => doc.getText('text').insert(0, 'x')],
    ['much of the same', (doc: Y.Doc) => doc.getText('text').insert(0, 'again and '.repeat(1000))],
    [
      'what was deleted',
      (doc: Y.Doc) => (doc.getText('text').insert(0, 'abc'), doc.getText('text').delete(1, 1)),
    ],
  ])('comes back from bytes: %s', (_what, write) => {
    const doc = written(write);
    const again = read(encodeDocumentState(doc));
    expect(again.getText('text').toString()).toBe(doc.getText('text').toString());
    expect(equalStates(again, doc)).toBe(true);
  });

  test('differs if one more was deleted, and if one more was written', () => {
    const doc = written((each) => each.getText('text').insert(0, 'abc'));
    const same = read(encodeDocumentState(doc));
    same.getText('text').delete(0, 1);
    expect(equalStates(same, doc)).toBe(false);
    const other = read(encodeDocumentState(doc));
    other.getText('text').insert(0, 'd');
    expect(equalStates(other, doc)).toBe(false);
  });

  test.each([
    ['in an encoding of a later version', Uint8Array.of(3, 0, 0)],
    ['without an encoding', new Uint8Array(0)],
    ['of another length than it says', Uint8Array.of(2, 9, 3, 0)],
  ])('%s is told by name', (_what, state) => {
    expect(() => read(state)).toThrow(expect.objectContaining({ code: 'UPDATE_MALFORMED' }));
  });
});

describe('a document that waits for what is missing', () => {
  test('has no state: one made then would have lost what waits', () => {
    const fold = documentCodec.fold(undefined);
    fold.add(STUCK_ORDER.map((place) => bodies[place] as Uint8Array));
    expect(fold.finish()).toBeUndefined();
  });

  test('has one if each author is taken in order', () => {
    const fold = documentCodec.fold(undefined);
    fold.add(bodies);
    expect(fold.finish()).toBeDefined();
  });
});
