/** Fields that several messages have, and lists of them. */
import { type DocumentId, EMPTY, type Epoch, fromHex, isDocumentId, toHex } from '../base/index.ts';
import { LIMITS } from './limits.ts';
import { CREDIT_VERSION, type Cursor, type Grant, type Position } from './messages.ts';
import { malformed, type Reader } from './reader.ts';
import type { Writer } from './writer.ts';

const GRANTS: readonly Grant[] = ['none', 'read', 'write'];

/** Those who speak an older version know no such field. */
export function writeFirstCredit(writer: Writer, { version, credit }: FirstCredit): void {
  if (version >= CREDIT_VERSION) writer.uint(credit ?? 0);
}

export const readFirstCredit = (reader: Reader, version: number): number | undefined =>
  version >= CREDIT_VERSION ? reader.uint() : undefined;

interface FirstCredit {
  readonly version: number;
  readonly credit: number | undefined;
}

interface Problem {
  readonly code: string;
  readonly reason: string;
}

export const writeProblem = (writer: Writer, { code, reason }: Problem): Writer =>
  writer.text(code).text(reason);

export const readProblem = (reader: Reader): Problem => ({
  code: reader.text(64),
  reason: reader.text(LIMITS.textBytes),
});

export function writePosition(writer: Writer, position: Position): Writer {
  return writer.uint(position.seq).raw(position.digest);
}

export function readPosition(reader: Reader): Position {
  return { seq: reader.uint(), digest: reader.raw(16) };
}

export function writeCursor(writer: Writer, cursor: Cursor | undefined): void {
  writer.bytes(cursor === undefined ? EMPTY : fromHex(cursor.epoch));
  if (cursor !== undefined) writePosition(writer, cursor);
}

export function readCursor(reader: Reader): Cursor | undefined {
  const epoch = reader.bytes(16);
  if (epoch.byteLength === 0) return undefined;
  if (epoch.byteLength !== 16) throw malformed('an epoch has 16 bytes');
  return { epoch: toHex(epoch) as Epoch, ...readPosition(reader) };
}

export function required<T>(value: T | undefined): T {
  if (value === undefined) throw malformed('a field is missing');
  return value;
}

export function readFlag(reader: Reader): boolean {
  const flag = reader.byte();
  if (flag > 1) throw malformed('a flag is neither 0 nor 1');
  return flag === 1;
}

export const writeGrant = (writer: Writer, grant: Grant): Writer => writer.byte(GRANTS.indexOf(grant));

export function readGrant(reader: Reader): Grant {
  return required(GRANTS[reader.byte()]);
}

export function readDocument(reader: Reader): DocumentId {
  const text = reader.text(64);
  if (!isDocumentId(text)) throw malformed('a document id is not well-formed');
  return text;
}

export function writeList<T>(writer: Writer, items: readonly T[], write: (item: T) => void): void {
  writer.uint(items.length);
  for (const item of items) write(item);
}

export function list<T>(reader: Reader, limit: number, read: () => T): T[] {
  const items: T[] = [];
  let left = reader.count(limit, 'items');
  while (left-- > 0) items.push(read());
  return items;
}
