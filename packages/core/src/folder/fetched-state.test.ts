/** A state that came is opened as it was checked, and only if it is all that there is of its document. */
import { beforeEach, describe, expect, test } from 'vitest';
import type * as Y from 'yjs';
import { authorOf, type DeviceId, type DocumentId, type FolderId, type RunId } from '../base/index.ts';
import { recordKey } from '../log/index.ts';
import { clocksOf, encodeBody, encodeDocumentState, newDocument } from '../model/index.ts';
import { type LogRecord, makeRecord, makeSnapshot } from '../protocol/index.ts';
import { openFolder, type TestFolder } from '../testing/open-folder.ts';

const ID = '00112233445566778899aabbccddeeff' as FolderId;
const DOCUMENT = 'd0' as DocumentId;
const FAR = authorOf('fa'.repeat(16) as DeviceId, '01'.repeat(8) as RunId);

const LOST = { code: 'STORE_CORRUPT' };

let device: TestFolder;
let written: Y.Doc;
beforeEach(async () => {
  device = await openFolder({ seed: 1, id: ID });
  written = newDocument('far', 7, true);
});

/** What the far device adds to its text. */
function edit(text: string, counter: number): LogRecord {
  let update: Uint8Array | undefined;
  written.once('update', (made: Uint8Array) => (update = made));
  written.getText('text').insert(written.getText('text').length, text);
  const body = encodeBody(update as Uint8Array);
  const numbers = { counter, prev: counter - 1, time: 0 };
  return makeRecord({
    folder: ID,
    document: DOCUMENT,
    author: FAR,
    ...numbers,
    clocks: clocksOf(body),
    body,
  });
}

const stateThrough = (counter: number, document = DOCUMENT): LogRecord =>
  makeSnapshot({
    folder: ID,
    document,
    covers: new Map([[FAR, counter]]),
    blobs: [],
    body: encodeDocumentState(written),
  });

async function fetched(state: LogRecord): Promise<void> {
  device.state.documents.checkState(state.body);
  await device.state.log.append([state]).durable;
}

const newest = (document = DOCUMENT): Promise<Y.Doc> => device.state.documents.newest(document);
const textOf = (doc: Y.Doc): string => doc.getText('text').toString();
/** The store has nothing of the document any more. */
const lose = (): void => void device.store.rows.delete(recordKey(ID, DOCUMENT, 1));

describe('a state that came', () => {
  test('is opened without being read and built again, once', async () => {
    edit('abc', 1);
    await fetched(stateThrough(1));
    lose();
    const doc = await newest();
    expect(textOf(doc)).toBe('abc');
    expect(doc.guid).toBe(DOCUMENT);
    expect(doc.clientID).not.toBe(0);
    device.state.documents.retire(DOCUMENT, doc);
    await expect(newest()).rejects.toMatchObject(LOST);
  });

  test('takes in what comes while it is open', async () => {
    edit('abc', 1);
    await fetched(stateThrough(1));
    const doc = await newest();
    await device.state.log.append([edit('d', 2)]).durable;
    expect(textOf(doc)).toBe('abcd');
  });

  test.each([
    ['is durable', true],
    ['is on its way to the disk', false],
  ])('is not all that there is once more of its document %s', async (_, isDurable) => {
    edit('abc', 1);
    await fetched(stateThrough(1));
    const { durable } = device.state.log.append([edit('d', 2)]);
    if (isDurable) await durable;
    expect(textOf(await newest())).toBe('abcd');
  });

  test('is not opened for another document, whatever came between', async () => {
    edit('abc', 1);
    const other = 'd1' as DocumentId;
    const [first, second] = [stateThrough(1), stateThrough(1, other)];
    device.state.documents.checkState(first.body);
    device.state.documents.checkState(second.body);
    await device.state.log.append([first, second]).durable;
    const docs = [await newest(), await newest(other)];
    expect(docs.map((doc) => doc.guid)).toEqual([DOCUMENT, other]);
    expect(docs.map((doc) => textOf(doc))).toEqual(['abc', 'abc']);
    docs[0]?.getText('text').insert(0, 'x');
    expect(docs.map((doc) => textOf(doc))).toEqual(['xabc', 'abc']);
  });

  test('goes into the document that somebody has open, and is no other one', async () => {
    const open = await newest();
    edit('abc', 1);
    await fetched(stateThrough(1));
    expect(textOf(open)).toBe('abc');
    device.state.documents.retire(DOCUMENT, open);
    lose();
    await expect(newest()).rejects.toMatchObject(LOST);
  });

  test('and is none is refused, and what came before is opened', async () => {
    edit('abc', 1);
    await fetched(stateThrough(1));
    const refused = expect.objectContaining({ code: 'UPDATE_MALFORMED' }) as unknown;
    expect(() => device.state.documents.checkState(Uint8Array.of(1, 0xff))).toThrow(refused);
    lose();
    expect(textOf(await newest())).toBe('abc');
  });
});
