/** The heads a deletion names, as text. Whoever deleted had seen all that they cover, and nothing else. */
import { fromBase64UrlEncoded } from 'lib0/buffer';
import { type AuthorId, documentOf, type NodeId, toBase64Url, TREE_DOCUMENT } from '../../base/index.ts';
import { isEvermeshError } from '../../errors/index.ts';
import { encodeHeads, type Heads, raiseHead, Reader, readHeads } from '../../protocol/index.ts';
import type { TreeHost } from './tree-host.ts';

/**
 * What is held or told of these nodes' documents, and of no other: heads of the whole folder would claim records that are still
 * on their way, because an author's records of one document arrive in order, and those of two need not. Only of a file of which
 * nothing is known but that it was made, what was seen is what came with its making.
 */
export function seenOf(
  nodes: Iterable<{ readonly id: NodeId }>,
  host: Pick<TreeHost, 'documentHeads'>,
): string {
  const seen = new Map<AuthorId, number>();
  for (const { id } of nodes) {
    const own = host.documentHeads(documentOf(id));
    const heads = own.size === 0 ? host.documentHeads(TREE_DOCUMENT) : own;
    for (const [author, counter] of heads) raiseHead(seen, author, counter);
  }
  return formatSeen(seen);
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
