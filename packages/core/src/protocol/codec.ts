/**
 * The bytes of each message: one byte of type, then the fields in the order written here. A change here is a change of
 * `PROTOCOL_VERSION`; golden bytes in the tests guard it.
 */
import { type BlobName, type DeviceId, type FolderId, toHex } from '../base/index.ts';
import {
  list,
  readCursor,
  readDocument,
  readFirstCredit,
  readFlag,
  readGrant,
  readPosition,
  readProblem,
  required,
  writeCursor,
  writeFirstCredit,
  writeGrant,
  writeList,
  writePosition,
  writeProblem,
} from './fields.ts';
import { readHeads, writeHeads } from './heads.ts';
import { LIMITS } from './limits.ts';
import { type Message, PROTOCOL_VERSION } from './messages.ts';
import { malformed, Reader } from './reader.ts';
import { Writer } from './writer.ts';

type Type = Message['type'];
type Of<T extends Type> = Extract<Message, { type: T }>;
interface Codec<T extends Type> {
  readonly tag: number;
  write(writer: Writer, message: Of<T>): void;
  read(reader: Reader): Of<T>;
}

const LISTED = 100_000;

const CODECS: { readonly [T in Type]: Codec<T> } = {
  HELLO: {
    tag: 0,
    write: (w, m) => writeFirstCredit(w.uint(m.version).hex(m.device).text(m.label).text(m.token), m),
    read: (r) => {
      const version = r.uint();
      const hello: Of<'HELLO'> = {
        type: 'HELLO',
        version,
        device: toHex(r.raw(16)) as DeviceId,
        label: r.text(LIMITS.textBytes),
        token: r.text(LIMITS.tokenBytes),
        credit: readFirstCredit(r, version),
      };
      // Whoever speaks a later version is told that nobody here does, whatever that has behind these fields.
      if (version > PROTOCOL_VERSION) r.raw(r.left);
      return hello;
    },
  },
  WELCOME: {
    tag: 1,
    write: (w, m) => writeFirstCredit(w.uint(m.version).uint(m.frameBytes).uint(m.recordBytes), m),
    read: (r) => {
      const version = r.uint();
      const [frameBytes, recordBytes] = [r.uint(), r.uint()];
      return { type: 'WELCOME', version, frameBytes, recordBytes, credit: readFirstCredit(r, version) };
    },
  },
  OPEN: {
    tag: 2,
    write: (w, m) =>
      writeCursor(
        w
          .uint(m.channel)
          .hex(m.folder)
          .byte(m.create ? 1 : 0),
        m.cursor,
      ),
    read: (r) => ({
      type: 'OPEN',
      channel: r.uint(),
      folder: toHex(r.raw(16)) as FolderId,
      create: readFlag(r),
      cursor: readCursor(r),
    }),
  },
  OPENED: {
    tag: 3,
    write: (w, m) => {
      writeCursor(w.uint(m.channel), m.cursor);
      writeGrant(w, m.grant).byte(m.resumed ? 1 : 0);
    },
    read: (r) => ({
      type: 'OPENED',
      channel: r.uint(),
      cursor: required(readCursor(r)),
      grant: readGrant(r),
      resumed: readFlag(r),
    }),
  },
  CHANGED: {
    tag: 4,
    write: (w, m) => {
      w.uint(m.channel).uint(m.documents.length);
      for (const { document, seq, bytes, heads } of m.documents)
        writeHeads(w.text(document).uint(seq).uint(bytes), heads);
      writeCursor(w, m.through);
    },
    read: (r) => ({
      type: 'CHANGED',
      channel: r.uint(),
      documents: list(r, LIMITS.changedDocuments, () => ({
        document: readDocument(r),
        seq: r.uint(),
        bytes: r.uint(),
        heads: readHeads(r),
      })),
      through: readCursor(r),
    }),
  },
  PULL: {
    tag: 5,
    write: (w, m) => {
      w.uint(m.channel).uint(m.documents.length);
      for (const { document, heads } of m.documents) writeHeads(w.text(document), heads);
    },
    read: (r) => ({
      type: 'PULL',
      channel: r.uint(),
      documents: list(r, LISTED, () => ({ document: readDocument(r), heads: readHeads(r) })),
    }),
  },
  RECORDS: {
    tag: 6,
    write: (w, m) => {
      writeList(w.uint(m.channel), m.records, (record) => w.bytes(record));
      writeList(w, m.done, (document) => w.text(document));
    },
    read: (r) => ({
      type: 'RECORDS',
      channel: r.uint(),
      records: list(r, LISTED, () => r.bytes(LIMITS.frameBytes)),
      done: list(r, LISTED, () => readDocument(r)),
    }),
  },
  LIVE: {
    tag: 7,
    write: (w, m) =>
      writeList(writePosition(w.uint(m.channel), m.through), m.records, (record) => w.bytes(record)),
    read: (r) => ({
      type: 'LIVE',
      channel: r.uint(),
      through: readPosition(r),
      records: list(r, LISTED, () => r.bytes(LIMITS.frameBytes)),
    }),
  },
  PUT: {
    tag: 8,
    write: (w, m) => writeList(w.uint(m.channel), m.records, (record) => w.bytes(record)),
    read: (r) => ({
      type: 'PUT',
      channel: r.uint(),
      records: list(r, LISTED, () => r.bytes(LIMITS.frameBytes)),
    }),
  },
  ACK: {
    tag: 9,
    write: (w, m) => writePosition(w.uint(m.channel).uint(m.counter), m.through),
    read: (r) => ({
      type: 'ACK',
      channel: r.uint(),
      counter: r.uint(),
      through: readPosition(r),
    }),
  },
  GAP: {
    tag: 10,
    write: (w, m) => writeHeads(w.uint(m.channel).text(m.document), m.heads),
    read: (r) => ({ type: 'GAP', channel: r.uint(), document: readDocument(r), heads: readHeads(r) }),
  },
  REFUSED: {
    tag: 11,
    write: (w, m) => writeProblem(w.uint(m.channel), m).uint(m.retryAfter),
    read: (r) => ({ type: 'REFUSED', channel: r.uint(), ...readProblem(r), retryAfter: r.uint() }),
  },
  AWARENESS: {
    tag: 12,
    write: (w, m) => w.uint(m.channel).text(m.document).bytes(m.state),
    read: (r) => ({
      type: 'AWARENESS',
      channel: r.uint(),
      document: readDocument(r),
      state: r.bytes(LIMITS.frameBytes),
    }),
  },
  LEAVE: {
    tag: 13,
    write: (w, m) => w.uint(m.channel),
    read: (r) => ({ type: 'LEAVE', channel: r.uint() }),
  },
  FAILED: {
    tag: 14,
    write: (w, m) => writeProblem(w, m),
    read: (r) => ({ type: 'FAILED', ...readProblem(r) }),
  },
  PING: { tag: 15, write: () => {}, read: () => ({ type: 'PING' }) },
  PONG: { tag: 16, write: () => {}, read: () => ({ type: 'PONG' }) },
  WANTED: {
    tag: 17,
    write: (w, m) => writeList(w.uint(m.channel), m.names, (name) => w.hex(name)),
    read: (r) => ({
      type: 'WANTED',
      channel: r.uint(),
      names: list(r, LIMITS.batchBlobs, () => toHex(r.raw(32)) as BlobName),
    }),
  },
  UNTAKEN: {
    tag: 19,
    write: (w, m) => writeProblem(w.uint(m.channel), m).uint(m.retryAfter),
    read: (r) => ({ type: 'UNTAKEN', channel: r.uint(), ...readProblem(r), retryAfter: r.uint() }),
  },
  STATES: {
    tag: 18,
    write: (w, m) => w.uint(m.channel),
    read: (r) => ({ type: 'STATES', channel: r.uint() }),
  },
  CREDIT: {
    tag: 20,
    write: (w, m) => w.uint(m.channel).uint(m.credit),
    read: (r) => ({ type: 'CREDIT', channel: r.uint(), credit: r.uint() }),
  },
  UNSENT: {
    tag: 21,
    write: (w, m) => writeList(w.uint(m.channel), m.documents, (document) => w.text(document)),
    read: (r) => ({ type: 'UNSENT', channel: r.uint(), documents: list(r, LISTED, () => readDocument(r)) }),
  },
};

const BY_TAG = new Map<number, Codec<Type>>(
  Object.values(CODECS).map((codec) => [codec.tag, codec as Codec<Type>]),
);

export function encodeMessage(message: Message): Uint8Array {
  const codec = CODECS[message.type] as Codec<Type>;
  const writer = new Writer().byte(codec.tag);
  codec.write(writer, message);
  return writer.finish();
}

/**
 * The message in one frame. Byte arrays in it are views of the frame.
 * @throws MESSAGE_MALFORMED if it is none.
 */
export function decodeMessage(frame: Uint8Array): Message {
  const reader = new Reader(frame);
  const tag = reader.byte();
  const codec = BY_TAG.get(tag);
  if (codec === undefined) throw malformed(`type ${tag} is unknown`);
  const message = codec.read(reader);
  reader.end();
  return message;
}
