/**
 * A pack: records of one document that follow each other there, with their places, in one row. They are as they were, byte for
 * byte, and are compressed together, since what their headers say is nearly the same in all of them.
 *
 * Bytes, checked by their digest: the length of what follows when inflated, or 0 if that is not deflated; then the number of
 * records; per record the distance of its place from the one before, and the lengths of its two pieces; all first pieces; all
 * second ones. The pieces are what stands in a record before the digest of its body, and the body. The digest itself, which
 * nothing compresses, is computed again.
 */
import { concatBytes, deflate, inflate, sha256 } from '../base/index.ts';
import { type LogRecord, malformed, Reader, Writer } from '../protocol/index.ts';
import { checkedContent, checkedRow } from './checked-row.ts';

/** A record in two pieces: what stands before the digest of its body, and its body. */
export interface PackedRecord {
  readonly seq: number;
  readonly head: Uint8Array;
  readonly body: Uint8Array;
}

const DIGEST_BYTES = 32;
/** Bytes that a pack may claim to hold: more than it is ever filled with, and one record at least. */
const MOST_BYTES = 32 * 1024 * 1024;
/** Records a pack may claim to hold. */
const MOST_RECORDS = 1_000_000;

/** @param bytes the record as stored, of which `record` was decoded */
export function packedRecord(seq: number, { body }: LogRecord, bytes: Uint8Array): PackedRecord {
  return { seq, head: bytes.subarray(0, bytes.byteLength - body.byteLength - DIGEST_BYTES), body };
}

/** A record as bytes, and the digest of its body, which was computed to have them. */
export interface UnpackedRecord {
  readonly bytes: Uint8Array;
  readonly bodyDigest: Uint8Array;
}

/** The record as it was stored before it was packed. */
export function unpackedRecord({ head, body }: PackedRecord): UnpackedRecord {
  const bodyDigest = sha256(body);
  return { bytes: concatBytes([head, bodyDigest, body]), bodyDigest };
}

/** Bytes of the record when it is not packed. */
export const unpackedLength = ({ head, body }: PackedRecord): number =>
  head.byteLength + DIGEST_BYTES + body.byteLength;

export function encodePack(records: readonly PackedRecord[]): Uint8Array {
  const writer = new Writer().uint(records.length);
  let previous = 0;
  for (const { seq, head, body } of records) {
    writer
      .uint(seq - previous)
      .uint(head.byteLength)
      .uint(body.byteLength);
    previous = seq;
  }
  for (const { head } of records) writer.raw(head);
  for (const { body } of records) writer.raw(body);
  const content = writer.finish();
  const deflated = deflate(content);
  const pays = deflated.byteLength < content.byteLength;
  return checkedRow(
    new Writer()
      .uint(pays ? content.byteLength : 0)
      .raw(pays ? deflated : content)
      .finish(),
  );
}

/**
 * The records of a pack, in order; their pieces are views of one array.
 * @throws MESSAGE_MALFORMED
 */
export function readPack(row: Reader): PackedRecord[] {
  const content = inflatedContent(checkedContent(row));
  const shapes: { seq: number; head: number; body: number }[] = [];
  let seq = 0;
  for (let left = content.count(MOST_RECORDS, 'records'); left > 0; left--) {
    seq += content.uint();
    shapes.push({ seq, head: content.uint(), body: content.uint() });
  }
  const heads = shapes.map(({ head }) => content.raw(head));
  const records = shapes.map((shape, i) => ({
    seq: shape.seq,
    head: heads[i] as Uint8Array,
    body: content.raw(shape.body),
  }));
  content.end();
  return records;
}

function inflatedContent(content: Reader): Reader {
  const length = content.uint();
  const bytes = content.raw(content.left);
  if (length === 0) return new Reader(bytes);
  if (length > MOST_BYTES) throw malformed('a pack is too large');
  try {
    return new Reader(inflate(bytes, length));
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw malformed('a pack is not compressed as it says');
  }
}
