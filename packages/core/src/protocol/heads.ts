/**
 * Heads: for each author the counter of its last record, of one document or of a whole folder. They say what somebody
 * holds or has seen without looking at a body, so they work for sealed content and for content that is not here.
 */
import { type AuthorId, authorFromBytes } from '../base/index.ts';
import { LIMITS } from './limits.ts';
import { malformed, type Reader } from './reader.ts';
import { OneHead } from './one-head.ts';
import { Writer } from './writer.ts';

export type Heads = ReadonlyMap<AuthorId, number>;

export const NO_HEADS: Heads = new Map();

/** Whether whoever holds `heads` holds everything that `others` name. */
export function covers(heads: Heads, others: Heads): boolean {
  for (const [author, counter] of others) if ((heads.get(author) ?? 0) < counter) return false;
  return true;
}

export function equalHeads(a: Heads, b: Heads): boolean {
  if (a.size !== b.size) return false;
  for (const [author, counter] of a) if (b.get(author) !== counter) return false;
  return true;
}

/** The least heads that cover both. */
export function mergeHeads(a: Heads, b: Heads): Heads {
  const merged = new Map(a);
  for (const [author, counter] of b) raiseHead(merged, author, counter);
  return merged;
}

/** The greatest heads that both cover. */
export function commonHeads(a: Heads, b: Heads): Heads {
  const common = new Map<AuthorId, number>();
  for (const [author, counter] of a) {
    const other = b.get(author);
    if (other !== undefined) common.set(author, Math.min(counter, other));
  }
  return common;
}

export function raiseHead(heads: Map<AuthorId, number>, author: AuthorId, counter: number): void {
  if ((heads.get(author) ?? 0) < counter) heads.set(author, counter);
}

/** Count, then per author (sorted) 24 bytes and its counter: equal heads are equal bytes. */
export function writeHeads(writer: Writer, heads: Heads): void {
  writer.uint(heads.size);
  const sorted = heads.size > 1 ? [...heads].sort(([a], [b]) => (a < b ? -1 : 1)) : heads;
  for (const [author, counter] of sorted) writer.author(author).uint(counter);
}

export function readHeads(reader: Reader): Heads {
  const heads = new Map<AuthorId, number>();
  let left = reader.count(LIMITS.headsAuthors, 'authors');
  while (left-- > 0) {
    const author = authorFromBytes(reader.raw(24));
    const counter = reader.uint();
    if (counter === 0 || heads.has(author))
      throw malformed('heads name an author twice or a counter of zero');
    heads.set(author, counter);
  }
  return heads;
}

/** Equal heads that take as little memory as they can: for those that stay. */
export function keptHeads(heads: Heads): Heads {
  if (heads.size !== 1 || heads instanceof OneHead) return heads;
  const [[author, counter]] = heads as Iterable<[AuthorId, number]> as [[AuthorId, number]];
  return new OneHead(author, counter);
}

export function encodeHeads(heads: Heads): Uint8Array {
  const writer = new Writer();
  writeHeads(writer, heads);
  return writer.finish();
}

/**
 * 16 bytes that stand for a document's state: a hash of its generation and sorted heads, so independent of compaction
 * and of keys.
 */
export function headDigest(generation: number, heads: Heads): Uint8Array {
  const writer = new Writer().uint(generation);
  writeHeads(writer, heads);
  return writer.digest().slice(0, 16);
}
