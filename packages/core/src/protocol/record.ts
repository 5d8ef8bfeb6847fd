/**
 * The record: the unit of the log and of the wire. A header in clear says whose it is, what it follows and what it
 * covers; the body holds updates of one document and may be opaque to whoever stores it.
 *
 * Bytes: the header's fields, then the body to the end. What most records do not have takes no room in them: one byte
 * says which of these fields are there. History of the format:
 * - version 1: the first.
 */
import {
  type AuthorId,
  authorFromBytes,
  type BlobName,
  type DocumentId,
  EMPTY,
  equalBytes,
  type FolderId,
  isDocumentId,
  sha256,
  toHex,
} from '../base/index.ts';
import { EvermeshError, isEvermeshError } from '../errors/index.ts';
import { type Heads, NO_HEADS, readHeads, writeHeads } from './heads.ts';
import { LIMITS } from './limits.ts';
import { malformed, Reader } from './reader.ts';
import { Writer } from './writer.ts';

export const RECORD_VERSION = 1;

/** `update`: what one author changed. `snapshot`: the document's whole state up to the heads it covers. */
export type RecordKind = 'update' | 'snapshot';
const KINDS: readonly RecordKind[] = ['update', 'snapshot'];

/** The Yjs structs a record's body introduces: of `client`, `length` clocks from `clock` on. */
export interface ClockRange {
  readonly client: number;
  readonly clock: number;
  readonly length: number;
}

/** Records that are committed and applied whole: those of one author with counters `first` to `first + size - 1`. */
export interface AtomicGroup {
  readonly first: number;
  readonly size: number;
}

export interface RecordHeader {
  readonly folder: FolderId;
  readonly document: DocumentId;
  /** The document's incarnation; 0 in this format. Another is stored and listed, not merged. */
  readonly generation: number;
  readonly kind: RecordKind;
  readonly author: AuthorId;
  /** 1, 2, 3 … over all records of this author in this folder, without a gap. */
  readonly counter: number;
  /** The counter of the same author's previous record in this document, 0 for its first. */
  readonly prev: number;
  /** Milliseconds since 1970 as the author's clock had it: shown to people, never trusted. */
  readonly time: number;
  readonly clocks: readonly ClockRange[];
  readonly group: AtomicGroup | undefined;
  /** 0: the body is in clear. Others are reserved for sealed bodies. */
  readonly keyId: number;
  /** What a snapshot covers; empty for an update. */
  readonly covers: Heads;
  /** The blobs that the body refers to: they travel beside the log and are kept while a record names them. */
  readonly blobs: readonly BlobName[];
  /** SHA-256 of the body. */
  readonly bodyDigest: Uint8Array;
  /** Reserved; empty in this format. */
  readonly signature: Uint8Array;
}

export interface LogRecord {
  readonly header: RecordHeader;
  readonly body: Uint8Array;
}

export type NewRecord = Pick<RecordHeader, 'folder' | 'document' | 'author' | 'counter' | 'prev' | 'time'> &
  Partial<Pick<RecordHeader, 'kind' | 'clocks' | 'group' | 'covers' | 'blobs'>> & {
    readonly body: Uint8Array;
  };

export function makeRecord({ body, ...fields }: NewRecord): LogRecord {
  return {
    body,
    header: {
      generation: 0,
      kind: 'update',
      clocks: [],
      group: undefined,
      keyId: 0,
      covers: NO_HEADS,
      blobs: [],
      bodyDigest: sha256(body),
      signature: EMPTY,
      ...fields,
    },
  };
}

/** Which of the fields that most records lack are there: one bit each. */
const HAS = { generation: 1, kind: 2, group: 4, keyId: 8, covers: 16, blobs: 32, signature: 64 } as const;
const HAS_ALL = 127;

export function encodeRecord({ header, body }: LogRecord): Uint8Array {
  const { generation, kind, clocks, group, keyId, covers, blobs, signature } = header;
  const kindByte = KINDS.indexOf(kind);
  const has =
    (generation > 0 ? HAS.generation : 0) |
    (kindByte > 0 ? HAS.kind : 0) |
    (group === undefined ? 0 : HAS.group) |
    (keyId > 0 ? HAS.keyId : 0) |
    (covers.size > 0 ? HAS.covers : 0) |
    (blobs.length > 0 ? HAS.blobs : 0) |
    (signature.byteLength > 0 ? HAS.signature : 0);
  const writer = new Writer()
    .byte(RECORD_VERSION)
    .byte(has)
    .hex(header.folder)
    .uint(header.document.length)
    .ascii(header.document)
    .author(header.author)
    .uint(header.counter)
    .uint(header.prev)
    .uint(header.time)
    .uint(clocks.length);
  for (const { client, clock, length } of clocks) writer.uint(client).uint(clock).uint(length);
  if ((has & HAS.generation) > 0) writer.uint(generation);
  if ((has & HAS.kind) > 0) writer.byte(kindByte);
  if (group !== undefined) writer.uint(group.first).uint(group.size);
  if ((has & HAS.keyId) > 0) writer.uint(keyId);
  if ((has & HAS.covers) > 0) writeHeads(writer, covers);
  if ((has & HAS.blobs) > 0) {
    writer.uint(blobs.length);
    for (const name of blobs) writer.hex(name);
  }
  if ((has & HAS.signature) > 0) writer.bytes(signature);
  return writer.raw(header.bodyDigest).raw(body).finish();
}

/**
 * The record in these bytes, its body checked against its digest. The bytes stay referenced.
 * @throws RECORD_MALFORMED if they are no record; FORMAT_TOO_NEW if a later Evermesh wrote it.
 */
export const decodeRecord = (bytes: Uint8Array): LogRecord => decodeDigested(bytes, undefined);

/**
 * As `decodeRecord`.
 * @param computed SHA-256 of the body, by a caller that had to compute it anyway; `undefined`: it is computed here
 */
export function decodeDigested(bytes: Uint8Array, computed: Uint8Array | undefined): LogRecord {
  try {
    const reader = new Reader(bytes);
    const header = decodeHeader(reader);
    // Or no frame would hold it with what stands around it, and whoever it is sent to would end the link, again and again.
    if (bytes.byteLength - reader.left > LIMITS.headerBytes) throw malformed('the header is too long');
    if (reader.left > LIMITS.recordBytes) throw malformed('the body is too long');
    const body = reader.raw(reader.left);
    if (!equalBytes(computed ?? sha256(body), header.bodyDigest))
      throw malformed('the body does not match its digest');
    return { header, body };
  } catch (error) {
    if (!isEvermeshError(error, 'MESSAGE_MALFORMED')) throw error;
    throw new EvermeshError('RECORD_MALFORMED', error.message.replace('message of this protocol', 'record'), {
      cause: error,
    });
  }
}

function decodeHeader(reader: Reader): RecordHeader {
  const version = reader.byte();
  if (version === 0) throw malformed('there was no format 0');
  if (version > RECORD_VERSION) {
    throw new EvermeshError(
      'FORMAT_TOO_NEW',
      `A record has format ${version}; this version reads up to ${RECORD_VERSION}.`,
    );
  }
  const has = reader.byte();
  if (has > HAS_ALL) throw malformed('a field is unknown');
  const folder = toHex(reader.raw(16)) as FolderId;
  const document = reader.text(64);
  if (!isDocumentId(document)) throw malformed('a document id has characters it must not have');
  const author = authorFromBytes(reader.raw(24));
  const counter = reader.uint();
  const prev = reader.uint();
  if (counter === 0 || prev >= counter) throw malformed('a record does not follow its predecessor');
  const time = reader.uint();
  const clocks = list(reader, LIMITS.clockRanges, 'clock ranges', () => ({
    client: reader.uint(),
    clock: reader.uint(),
    length: reader.uint(),
  }));
  const generation = (has & HAS.generation) > 0 ? reader.uint() : 0;
  const kind = KINDS[(has & HAS.kind) > 0 ? reader.byte() : 0];
  if (kind === undefined) throw malformed('a kind of record is unknown');
  const group = (has & HAS.group) > 0 ? readGroup(reader, counter) : undefined;
  const keyId = (has & HAS.keyId) > 0 ? reader.uint() : 0;
  const covers = (has & HAS.covers) > 0 ? readHeads(reader) : NO_HEADS;
  const blobs =
    (has & HAS.blobs) > 0
      ? list(reader, LIMITS.recordBlobs, 'blobs', () => toHex(reader.raw(32)) as BlobName)
      : [];
  const signature = (has & HAS.signature) > 0 ? reader.bytes(1024) : EMPTY;
  const bodyDigest = reader.raw(32);
  return {
    folder,
    document,
    generation,
    kind,
    author,
    counter,
    prev,
    time,
    clocks,
    group,
    keyId,
    covers,
    blobs,
    bodyDigest,
    signature,
  };
}

function readGroup(reader: Reader, counter: number): AtomicGroup {
  const first = reader.uint();
  const size = reader.uint();
  const inside = first > 0 && counter >= first && counter < first + size && size <= LIMITS.groupRecords;
  if (!inside) throw malformed('a record lies outside its group');
  return { first, size };
}

function list<T>(reader: Reader, limit: number, what: string, read: () => T): T[] {
  const items: T[] = [];
  let left = reader.count(limit, what);
  while (left-- > 0) items.push(read());
  return items;
}
