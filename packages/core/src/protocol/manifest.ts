/**
 * What a large content consists of. Its chunks are blobs, and so are the lists of them: a node lists chunks, or nodes, and the
 * root lists the rest, and says what the content is. Lists are cut by what they hold as contents are, so a change in a content
 * changes the nodes above it, and few others. A record names the root in place of the content.
 */
import { type BlobName, fromHex, toHex, utf8 } from '../base/index.ts';
import { isEvermeshError } from '../errors/index.ts';
import { LIMITS } from './limits.ts';
import { malformed, Reader } from './reader.ts';
import { Writer } from './writer.ts';

export interface ManifestEntry {
  readonly name: BlobName;
  /** Bytes of the content that it stands for. */
  readonly size: number;
}

export interface Manifest {
  /** SHA-256 and bytes of the whole content. */
  readonly content: ManifestEntry;
  /** 0: its entries are chunks. 1: nodes that list chunks; and so on. */
  readonly level: number;
  readonly entries: readonly ManifestEntry[];
}

/** What a root begins with. No text does. */
const MAGIC = utf8('evermesh\0chunks1');
const NAME_BYTES = 32;
const LEVELS = 6;
/** A list ends behind an entry whose name begins with these bits 0, if it has the least entries. */
const END_BITS = 0xfc;
const LEAST_ENTRIES = 32;
const MOST_ENTRIES = 256;

export const beginsAsManifest = (bytes: Uint8Array): boolean => MAGIC.every((byte, i) => bytes[i] === byte);

/** Whether a list of nodes or chunks ends with this entry. */
export const endsList = (name: BlobName, entries: number): boolean =>
  entries === MOST_ENTRIES ||
  (entries >= LEAST_ENTRIES && ((fromHex(name.slice(0, 2))[0] as number) & END_BITS) === 0);

export function encodeManifest({ content, level, entries }: Manifest): Uint8Array {
  const writer = new Writer().raw(MAGIC).byte(level);
  writeEntry(writer, content);
  return writeEntries(writer, entries);
}

export const encodeManifestNode = (level: number, entries: readonly ManifestEntry[]): Uint8Array =>
  writeEntries(new Writer().byte(level), entries);

/**
 * The manifest that a blob is, or `undefined`. A blob that a record names and that is one stands for the content that it
 * tells of; a file that begins like one is never stored as a blob itself.
 */
export function decodeManifest(bytes: Uint8Array): Manifest | undefined {
  if (bytes.byteLength > LIMITS.smallBlobBytes || !beginsAsManifest(bytes)) return undefined;
  try {
    const reader = new Reader(bytes.subarray(MAGIC.byteLength));
    const level = reader.byte();
    const content = readEntry(reader);
    if (level > LEVELS || content.size > LIMITS.contentBytes) return undefined;
    return { content, level, entries: readEntries(reader, content.size) };
  } catch (error) {
    if (!isEvermeshError(error, 'MESSAGE_MALFORMED')) throw error;
    return undefined;
  }
}

/** @throws MESSAGE_MALFORMED if it is not a node of this level that stands for so many bytes */
export function decodeManifestNode(bytes: Uint8Array, level: number, size: number): ManifestEntry[] {
  const reader = new Reader(bytes);
  if (reader.byte() !== level) throw malformed('a node has another level');
  return readEntries(reader, size);
}

/**
 * The blobs that a blob needs to be of use: none, unless it is a manifest. Whoever collects what no record names has to keep
 * them, and what the nodes among them list in turn (`walkManifest`).
 */
export function manifestReferences(bytes: Uint8Array): BlobName[] {
  return decodeManifest(bytes)?.entries.map(({ name }) => name) ?? [];
}

const writeEntry = (writer: Writer, { name, size }: ManifestEntry): Writer => writer.hex(name).uint(size);

function writeEntries(writer: Writer, entries: readonly ManifestEntry[]): Uint8Array {
  writer.uint(entries.length);
  for (const entry of entries) writeEntry(writer, entry);
  return writer.finish();
}

const readEntry = (reader: Reader): ManifestEntry => ({
  name: toHex(reader.raw(NAME_BYTES)) as BlobName,
  size: reader.uint(),
});

function readEntries(reader: Reader, expected: number): ManifestEntry[] {
  const entries: ManifestEntry[] = [];
  let size = 0;
  for (let left = reader.count(MOST_ENTRIES, 'entries'); left > 0; left--) {
    const entry = readEntry(reader);
    // Otherwise a few nodes could keep a reader busy for ever.
    if (entry.size === 0) throw malformed('an entry stands for nothing');
    entries.push(entry);
    size += entry.size;
  }
  reader.end();
  if (size !== expected) throw malformed('the entries stand for another number of bytes');
  return entries;
}
