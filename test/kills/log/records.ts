/**
 * The records of a log that is killed. What each of them holds follows from whose it is and its number, so that whoever looks
 * afterwards knows every byte. Local writers append three at a time, sometimes as an atomic group; the peer has a log of
 * its own, in which one document comes after the other.
 */
import {
  type AuthorId,
  authorOf,
  type DeviceId,
  type DocumentId,
  type FolderId,
  type RunId,
} from '@evermesh/core/base';
import { type LogRecord, makeRecord } from '@evermesh/core/protocol';
import { SeededRandom } from '../../../bench/random.ts';

export const FOLDER = 'f0'.repeat(16) as FolderId;
export const PEER = 'peer';
/** Local writers, each an author, and documents of each. */
export const WRITERS = 6;
const DOCUMENTS = 5;
/** Documents of the peer, each of an author of its own. */
export const REMOTE = 8;
export const TOGETHER = 3;
/** Bytes of a body, at most. */
const LARGEST = 16_000;

export const localAuthor = (writer: number): AuthorId => author(1 + writer);
export const remoteAuthor = (document: number): AuthorId => author(100 + document);
export const remoteDocument = (document: number): DocumentId => `remote-${document}` as DocumentId;

const author = (number: number): AuthorId =>
  authorOf(number.toString(16).padStart(32, '0') as DeviceId, 'aa'.repeat(8) as RunId);

/** What a writer appends behind its record `last`. */
export const nextLocal = (writer: number, last: number): LogRecord[] =>
  Array.from({ length: TOGETHER }, (_, index) => localRecord(writer, last + 1 + index));

export function localRecord(writer: number, counter: number): LogRecord {
  const first = counter - ((counter - 1) % TOGETHER);
  const isGroup = first % 4 === 1;
  return makeRecord({
    folder: FOLDER,
    document: `local-${writer}-${counter % DOCUMENTS}` as DocumentId,
    author: localAuthor(writer),
    counter,
    prev: Math.max(0, counter - DOCUMENTS),
    time: 0,
    body: bodyOf(writer, counter),
    ...(isGroup ? { group: { first, size: TOGETHER } } : {}),
  });
}

export const remoteRecord = (document: number, counter: number): LogRecord =>
  makeRecord({
    folder: FOLDER,
    document: remoteDocument(document),
    author: remoteAuthor(document),
    counter,
    prev: counter - 1,
    time: 0,
    body: bodyOf(100 + document, counter),
  });

/** The peer's log up to a place holds so many records of a document: they come in turns. */
export const remoteCount = (document: number, seq: number): number =>
  Math.floor((seq + REMOTE - 1 - document) / REMOTE);

function bodyOf(whose: number, counter: number): Uint8Array {
  const random = new SeededRandom(whose * 1_000_003 + counter);
  const piece = random.bytes(64);
  const body = new Uint8Array(100 + random.below(LARGEST));
  for (let at = 0; at < body.byteLength; at += piece.byteLength)
    body.set(piece.subarray(0, body.byteLength - at), at);
  return body;
}
