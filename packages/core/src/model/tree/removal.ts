/**
 * One removal, however many nodes it takes: what its author quotes of them, what he had seen of each, and who they are. What many
 * have in common stands there once. The bytes are a constant of the format; numbers and texts are as `Reader` reads them.
 *
 * ```
 * removal   1 (the version), width: 8 or 12
 *           authors: their number, then 24 bytes each        tops: their number, then each 12 bytes and its group
 *           parts, up to the end
 * part      placedToken, namedToken, top: 0 for nodes removed by themselves, else the place among `tops`, from 1
 *           authors of what was seen: their number, then their places, from 0
 *           count of nodes, `width` bytes of each id
 *           for each author a column of counters, one for each node: runs of equal steps from one to the next, the first from 0,
 *           each `2 * length + (1 if downwards)` and how far a step leads
 * ```
 *
 * What was seen are heads of each file's document, and nothing that would cover more: an author's records of one document arrive in
 * order, and those of two need not. Files that came together were written one after the other, so in the order of what was seen
 * a column is a few runs.
 *
 * A large removal names a node by the first 8 bytes of the 12 of its id, unless that would mean another node that is known as well.
 * Of nodes that are not known: with 10,000 removed and 1,000,000 others the odds that one of those is meant are 10^10 / 2^64, 1 to
 * 1.8 * 10^9; and a file in which something was written that was not seen lives anyway.
 */
import { type AuthorId, authorFromBytes, type NodeId, nodeIdFrom } from '../../base/index.ts';
import { isEvermeshError } from '../../errors/index.ts';
import { type Heads, LIMITS, malformed, Reader, Writer } from '../../protocol/index.ts';
import { CounterColumn, writeColumn } from './counter-column.ts';
import { cut, CUT_BYTES, ID_BYTES, writeId } from './id-bytes.ts';

/** What a removal of one node says. */
export interface RemovedNode {
  readonly id: NodeId;
  readonly placedToken: string;
  readonly namedToken: string;
  /** The topmost directory that is removed with it and that it is in; nothing if it is removed by itself. */
  readonly via: NodeId | undefined;
  readonly viaGroup: string;
  /** Of its document. */
  readonly seen: Heads;
}

/** Nodes of which a removal says the same. */
export interface RemovalPart {
  readonly placedToken: string;
  readonly namedToken: string;
  readonly via: NodeId | undefined;
  readonly viaGroup: string;
  readonly authors: readonly AuthorId[];
  /** For each author, of each node how far he was seen. */
  readonly counters: readonly CounterColumn[];
  readonly count: number;
  /** Bytes of each id. */
  readonly width: number;
  readonly ids: Uint8Array;
}

/** A node as one removal names it. */
export class Removed {
  readonly part: RemovalPart;
  /** Which of the part's nodes. */
  readonly at: number;
  /** The same node in another removal. */
  next: Removed | undefined;

  constructor(part: RemovalPart, at: number, next: Removed | undefined) {
    this.part = part;
    this.at = at;
    this.next = next;
  }
}

/** From so many nodes on, ids are cut where that is safe. Fewer are looked up one by one, which cut ones cannot be. */
const MANY = 1024;
const VERSION = 1;
/** Whatever a token may be: it is part of a register. */
const TOKEN_BYTES = 4 * 4096;

/** @param known all nodes that are known, the removed ones among them */
export function encodeRemoval(nodes: readonly RemovedNode[], known: Iterable<NodeId>): Uint8Array {
  const width = nodes.length >= MANY && areApart(nodes, known) ? CUT_BYTES : ID_BYTES;
  const authors = [...new Set(nodes.flatMap(({ seen }) => [...seen.keys()]))].sort();
  const tops = new Map(nodes.flatMap(({ via, viaGroup }) => (via === undefined ? [] : [[via, viaGroup]])));
  const writer = new Writer().byte(VERSION).byte(width).uint(authors.length);
  for (const author of authors) writer.author(author);
  writer.uint(tops.size);
  for (const [top, group] of tops) writeId(writer, top, ID_BYTES).text(group);
  const places = new Map(authors.map((author, place) => [author, place]));
  const topPlaces = new Map([...tops.keys()].map((top, i) => [top, i + 1]));
  for (const { node, seenOf, members } of partsOf(nodes)) {
    writer.text(node.placedToken).text(node.namedToken);
    writer.uint(node.via === undefined ? 0 : (topPlaces.get(node.via) as number)).uint(seenOf.length);
    for (const author of seenOf) writer.uint(places.get(author) as number);
    writer.uint(members.length);
    for (const { id } of members) writeId(writer, id, width);
    for (const author of seenOf) {
      const column = members.map(({ seen }) => seen.get(author) as number);
      writeColumn(writer, column);
    }
  }
  return writer.finish();
}

/** `undefined` for what is none, or of a later version. */
export function parseRemoval(value: Uint8Array): RemovalPart[] | undefined {
  try {
    const reader = new Reader(value);
    if (reader.byte() !== VERSION) return undefined;
    const width = reader.byte();
    if (width !== CUT_BYTES && width !== ID_BYTES) return undefined;
    const authors = many(reader, LIMITS.headsAuthors, () => authorFromBytes(reader.raw(24)));
    const tops = many(reader, Infinity, () => ({
      id: nodeIdFrom(reader.raw(ID_BYTES)),
      group: reader.text(TOKEN_BYTES),
    }));
    const parts: RemovalPart[] = [];
    while (reader.left > 0) parts.push(readPart(reader, width, authors, tops));
    return parts;
  } catch (error) {
    if (isEvermeshError(error)) return undefined;
    throw error;
  }
}

/** Whether who had seen what the part says of the node at this place had seen all of these heads. */
export function hadSeen({ authors, counters }: RemovalPart, at: number, heads: Heads): boolean {
  for (const [author, counter] of heads) {
    const column = counters[authors.indexOf(author)];
    if (column === undefined || column.at(at) < counter) return false;
  }
  return true;
}

function readPart(
  reader: Reader,
  width: number,
  authors: readonly AuthorId[],
  tops: readonly { readonly id: NodeId; readonly group: string }[],
): RemovalPart {
  const placedToken = reader.text(TOKEN_BYTES);
  const namedToken = reader.text(TOKEN_BYTES);
  const topPlace = reader.uint();
  const top = tops[topPlace - 1];
  if (topPlace > 0 && top === undefined) throw malformed('a removal names no directory');
  const seenOf = many(reader, authors.length, () => authors[reader.uint()]);
  if (new Set(seenOf).size < seenOf.length || seenOf.includes(undefined))
    throw malformed('a removal names an author twice, or none');
  const count = reader.count(Infinity, 'nodes');
  const ids = reader.raw(count * width);
  const counters = seenOf.map(() => CounterColumn.read(reader, count));
  const quoted = { placedToken, namedToken, via: top?.id, viaGroup: top?.group ?? '' };
  return { ...quoted, authors: seenOf as AuthorId[], counters, count, width, ids };
}

interface Part {
  /** Any of them, for what they have in common. */
  readonly node: RemovedNode;
  readonly seenOf: readonly AuthorId[];
  readonly members: RemovedNode[];
}

function partsOf(nodes: readonly RemovedNode[]): Iterable<Part> {
  const parts = new Map<string, Part>();
  for (const node of nodes) {
    const seenOf = [...node.seen.keys()].sort();
    const key = JSON.stringify([node.placedToken, node.namedToken, node.via, seenOf]);
    const part = parts.get(key);
    if (part === undefined) parts.set(key, { node, seenOf, members: [node] });
    else part.members.push(node);
  }
  for (const { seenOf, members } of parts.values()) {
    members.sort((a, b) => {
      for (const author of seenOf) {
        const difference = (a.seen.get(author) as number) - (b.seen.get(author) as number);
        if (difference !== 0) return difference;
      }
      return a.id < b.id ? -1 : 1;
    });
  }
  return parts.values();
}

/** Whether each of the removed nodes is the only one that is known to be cut as it is. */
function areApart(nodes: readonly RemovedNode[], known: Iterable<NodeId>): boolean {
  const removed = new Set(nodes.map(({ id }) => cut(id)));
  if (removed.size < nodes.length) return false;
  let found = 0;
  for (const id of known) if (removed.has(cut(id))) found += 1;
  return found === nodes.length;
}

function many<Item>(reader: Reader, limit: number, read: () => Item): Item[] {
  const items: Item[] = [];
  for (let left = reader.count(limit, 'items'); left > 0; left--) items.push(read());
  return items;
}
