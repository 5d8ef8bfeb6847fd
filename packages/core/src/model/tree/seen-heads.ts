/**
 * What the author of a deletion had seen of each file: the heads that were held or told of its document, and nothing else. Heads
 * of the folder, or of all that is removed, would claim records that are still on their way, because an author's records of one
 * document arrive in order, and those of two need not.
 *
 * They are written once for an operation, for all that it removes together, as text. A node whose document has others names those
 * by their places among them: a claim.
 */
import { fromBase64UrlEncoded } from 'lib0/buffer';
import { type AuthorId, documentOf, type NodeId, toBase64Url } from '../../base/index.ts';
import { isEvermeshError } from '../../errors/index.ts';
import { encodeHeads, equalHeads, type Heads, raiseHead, Reader, readHeads } from '../../protocol/index.ts';
import type { TreeHost } from './tree-host.ts';

/** Claims that nothing was seen: an empty file, or one of which nothing is here but that it was made. */
const NOTHING = '-';
/** `<place in base 36>.<counter in base 36>`, separated by commas. */
const CLAIM = /^(|-|[0-9a-z]{1,4}\.[0-9a-z]{1,11}(,[0-9a-z]{1,4}\.[0-9a-z]{1,11})*)$/;

export class SeenHeads {
  /** What the operation names. */
  readonly text: string;
  readonly #all: Heads;
  readonly #places: ReadonlyMap<AuthorId, string>;
  readonly #host: Pick<TreeHost, 'documentHeads'>;

  constructor(nodes: Iterable<{ readonly id: NodeId }>, host: Pick<TreeHost, 'documentHeads'>) {
    const all = new Map<AuthorId, number>();
    for (const { id } of nodes)
      for (const [author, counter] of host.documentHeads(documentOf(id))) raiseHead(all, author, counter);
    this.#host = host;
    this.#all = all;
    this.#places = new Map([...all.keys()].sort().map((author, i) => [author, i.toString(36)]));
    this.text = formatSeen(all);
  }

  /** What the deletion of one of the nodes claims: empty if it is all that the operation names. */
  claimOf(id: NodeId): string {
    const heads = this.#host.documentHeads(documentOf(id));
    if (equalHeads(heads, this.#all)) return '';
    const claims = [...heads].map(
      ([author, counter]) => `${this.#places.get(author)}.${counter.toString(36)}`,
    );
    return claims.sort().join(',') || NOTHING;
  }
}

export const isClaim = (text: string): boolean => CLAIM.test(text);

/** What was seen of a node whose deletion claims this. @param seen what its operation names */
export function claimed(seen: Heads, claim: string): Heads {
  if (claim === '') return seen;
  const heads = new Map<AuthorId, number>();
  if (claim === NOTHING) return heads;
  const authors = [...seen.keys()];
  for (const part of claim.split(',')) {
    const [place = '', counter = ''] = part.split('.');
    const author = authors[Number.parseInt(place, 36)];
    if (author !== undefined) raiseHead(heads, author, Number.parseInt(counter, 36));
  }
  return heads;
}

export const formatSeen = (heads: Heads): string => toBase64Url(encodeHeads(heads));

/** `undefined` for anything else: then a deletion has seen nothing and deletes nothing. */
export function parseSeen(value: unknown): Heads | undefined {
  // A length that no encoding has makes some decoders throw and others guess.
  if (typeof value !== 'string' || !/^[\w-]+$/.test(value) || value.length % 4 === 1) return undefined;
  try {
    const bytes = fromBase64UrlEncoded(value);
    // Stray bits at the end decode too. All replicas must judge alike, so only one spelling counts.
    if (toBase64Url(bytes) !== value) return undefined;
    const reader = new Reader(bytes);
    const heads = readHeads(reader);
    reader.end();
    return heads;
  } catch (error) {
    if (isEvermeshError(error)) return undefined;
    throw error;
  }
}
