/**
 * Versions: what a file held when it was not just its text. A version is one entry of the map `v`, written once. Its
 * key is `<lamport in base 36>.<tag>`, where the lamport is one more than the largest its author knew and the tag is
 * 10 hexadecimal digits of the author's. Its value is text, with `-` for nothing:
 *
 * - `b <saw> <replaces> <size> <blob>`  from now on a blob of that size and name
 * - `t <saw> <replaces>`                from now on the text of this document
 * - `k <saw> <replaces> <text>`         a text that was in conflict when the document's text was needed for another
 *
 * `replaces` lists keys. Versions that no other replaces are current, so concurrent ones are all kept. `saw` is the
 * digest of the document's text as its author's lineage last showed or settled it: if the text is another one now,
 * somebody edited it who did not know that the file had become a blob.
 */
import type * as Y from 'yjs';
import { type BlobName, isBlobName } from '../../base/index.ts';
import type { FileContent } from './content.ts';
import { rootVersions } from './layout.ts';

export interface Version {
  readonly key: string;
  readonly lamport: number;
  /** What it says; `undefined`: the document's text, whatever that is now. */
  readonly content: FileContent | undefined;
  /** A kept text is listed until a person decides, and never shown. */
  readonly kept: boolean;
  readonly saw: string;
  readonly replaces: readonly string[];
}

export type NewVersion = Omit<Version, 'key' | 'lamport'>;

export interface Versions {
  /** Latest first: by lamport, then by tag. */
  readonly all: readonly Version[];
  /** Those of `all` that no other replaces. */
  readonly current: readonly Version[];
  /** Keys of entries that are no version. They count for nothing. */
  readonly malformed: readonly string[];
}

/** Far beyond what counting reaches, and low enough that no version can push the next one out of the numbers. */
const LAMPORT_LIMIT = 2 ** 48;
const KEY = /^([1-9a-z][0-9a-z]{0,9})\.[0-9a-f]{10}$/;
const VALUE = /^([btk]) (-|[\w-]{16}) (-|[0-9a-z.,]+)(?: ([^]*))?$/;
const BLOB = /^(0|[1-9][0-9]{0,15}) ([0-9a-f]{64})$/;

export function readVersions(doc: Y.Doc): Versions {
  const all: Version[] = [];
  const malformed: string[] = [];
  for (const [key, value] of rootVersions(doc).entries()) {
    const version = parseVersion(key, value);
    if (version === undefined) malformed.push(key);
    else all.push(version);
  }
  const sorted = all.toSorted((a, b) => b.lamport - a.lamport || (a.key < b.key ? 1 : -1));
  return { all: sorted, current: currentOf(sorted), malformed: malformed.toSorted() };
}

/** Those that no other of them replaces. A version replaces only earlier ones: two that claim to replace each other are both current, not both gone. */
export function currentOf(all: readonly Version[]): Version[] {
  const replaced = new Set<string>();
  for (const { lamport, replaces } of all) {
    for (const key of replaces) {
      if (lamportOf(key) < lamport) replaced.add(key);
    }
  }
  return all.filter(({ key }) => !replaced.has(key));
}

/** Writes a version, later than every version in the document, and returns its key. The caller has opened a transaction. */
export function writeVersion(doc: Y.Doc, tag: string, version: NewVersion): string {
  const map = rootVersions(doc);
  let largest = 0;
  for (const key of map.keys()) largest = Math.max(largest, lamportOf(key));
  let lamport = Math.min(largest + 1, LAMPORT_LIMIT);
  // Only where somebody exhausted the numbers is a key taken; a lower one then keeps the content, if not the order.
  while (map.has(keyOf(lamport, tag))) lamport--;
  const key = keyOf(lamport, tag);
  map.set(key, formatVersion(version));
  return key;
}

/** The entry that says a document begins as this content. */
export const firstVersion = (tag: string, content: FileContent): { key: string; value: string } => ({
  key: keyOf(1, tag),
  value: formatVersion({ content, kept: false, saw: '', replaces: [] }),
});

const keyOf = (lamport: number, tag: string): string => `${lamport.toString(36)}.${tag}`;

/** 0 if it is no key of a version. */
function lamportOf(key: string): number {
  const digits = KEY.exec(key)?.[1];
  const lamport = digits === undefined ? 0 : Number.parseInt(digits, 36);
  return lamport <= LAMPORT_LIMIT ? lamport : 0;
}

function formatVersion({ content, kept, saw, replaces }: NewVersion): string {
  const head = `${saw || '-'} ${replaces.join(',') || '-'}`;
  if (content === undefined) return `t ${head}`;
  if (content.kind === 'blob') return `b ${head} ${content.size} ${content.name}`;
  if (!kept) throw new TypeError('A version holds no text, unless it is a kept one.');
  return `k ${head} ${content.text}`;
}

/** `undefined` if it is no version. */
export function parseVersion(key: string, value: unknown): Version | undefined {
  const lamport = lamportOf(key);
  const match = typeof value === 'string' ? VALUE.exec(value) : null;
  if (lamport === 0 || match === null) return undefined;
  const [, kind, saw, replaces, rest] = match;
  const content = parseContent(kind, rest);
  if (content === null) return undefined;
  return {
    key,
    lamport,
    content,
    kept: kind === 'k',
    saw: saw === '-' ? '' : (saw as string),
    replaces: replaces === '-' ? [] : (replaces as string).split(','),
  };
}

/** `null` if it is malformed. */
function parseContent(kind: string | undefined, rest: string | undefined): FileContent | undefined | null {
  if (kind === 't') return rest === undefined ? undefined : null;
  if (rest === undefined) return null;
  if (kind === 'k') return { kind: 'text', text: rest };
  const [, size, name] = BLOB.exec(rest) ?? [];
  if (name === undefined || !isBlobName(name) || !Number.isSafeInteger(Number(size))) return null;
  return { kind: 'blob', name: name satisfies BlobName, size: Number(size) };
}
