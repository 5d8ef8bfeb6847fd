/**
 * The bytes of each message: one byte of type, then the fields in the order written here. A change here is a change of
 * `PROTOCOL_VERSION`; golden bytes in the tests guard it.
 */
import {
  type BlobName,
  type DeviceId,
  type DocumentId,
  EMPTY,
  type Epoch,
  type FolderId,
  fromHex,
  isDocumentId,
  toHex,
} from '../base/index.ts';
import { readHeads, writeHeads } from './heads.ts';
import { LIMITS } from './limits.ts';
import type { Cursor, Grant, Message, Position } from './messages.ts';
import { malformed, Reader } from './reader.ts';
import { Writer } from './writer.ts';

type Type = Message['type'];
type Of<T extends Type> = Extract<Message, { type: T }>;
interface Codec<T extends Type> {
  readonly tag: number;
  write(writer: Writer, message: Of<T>): void;
  read(reader: Reader): Of<T>;
}

const GRANTS: readonly Grant[] = ['none', 'read', 'write'];
const LISTED = 100_000;

const CODECS: { readonly [T in Type]: Codec<T> } = {
  HELLO: {
    tag: 0,
    write: (w, m) => w.uint(m.version).hex(m.device).text(m.label).text(m.token),
    read: (r) => ({
      type: 'HELLO',
      version: r.uint(),
      device: toHex(r.raw(16)) as DeviceId,
      label: r.text(LIMITS.textBytes),
      token: r.text(LIMITS.tokenBytes),
    }),
  },
  WELCOME: {
    tag: 1,
    write: (w, m) => w.uint(m.version).uint(m.frameBytes).uint(m.recordBytes),
    read: (r) => ({ type: 'WELCOME', version: r.uint(), frameBytes: r.uint(), recordBytes: r.uint() }),
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
      w.byte(GRANTS.indexOf(m.grant)).byte(m.resumed ? 1 : 0);
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

interface Problem {
  readonly code: string;
  readonly reason: string;
}

const writeProblem = (writer: Writer, { code, reason }: Problem): Writer => writer.text(code).text(reason);

const readProblem = (reader: Reader): Problem => ({
  code: reader.text(64),
  reason: reader.text(LIMITS.textBytes),
});

function writePosition(writer: Writer, position: Position): Writer {
  return writer.uint(position.seq).raw(position.digest);
}

function readPosition(reader: Reader): Position {
  return { seq: reader.uint(), digest: reader.raw(16) };
}

function writeCursor(writer: Writer, cursor: Cursor | undefined): void {
  writer.bytes(cursor === undefined ? EMPTY : fromHex(cursor.epoch));
  if (cursor !== undefined) writePosition(writer, cursor);
}

function readCursor(reader: Reader): Cursor | undefined {
  const epoch = reader.bytes(16);
  if (epoch.byteLength === 0) return undefined;
  if (epoch.byteLength !== 16) throw malformed('an epoch has 16 bytes');
  return { epoch: toHex(epoch) as Epoch, ...readPosition(reader) };
}

function required<T>(value: T | undefined): T {
  if (value === undefined) throw malformed('a field is missing');
  return value;
}

function readFlag(reader: Reader): boolean {
  const flag = reader.byte();
  if (flag > 1) throw malformed('a flag is neither 0 nor 1');
  return flag === 1;
}

function readGrant(reader: Reader): Grant {
  return required(GRANTS[reader.byte()]);
}

function readDocument(reader: Reader): DocumentId {
  const text = reader.text(64);
  if (!isDocumentId(text)) throw malformed('a document id is not well-formed');
  return text;
}

function writeList<T>(writer: Writer, items: readonly T[], write: (item: T) => void): void {
  writer.uint(items.length);
  for (const item of items) write(item);
}

function list<T>(reader: Reader, limit: number, read: () => T): T[] {
  const items: T[] = [];
  let left = reader.count(limit, 'items');
  while (left-- > 0) items.push(read());
  return items;
}
