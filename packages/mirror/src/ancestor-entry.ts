/** An entry of the ancestor, what disk and folder agreed on about one node, and its bytes in the store. */
import { fromHex, type NodeId, toHex } from '@evermesh/core/base';
import { readHeads, type Reader, writeHeads, Writer } from '@evermesh/core/protocol';
import { EvermeshError } from '@evermesh/core/errors';
import type { Heads, NodeKind } from '@evermesh/core';

/** Where the entries lie in the folder's store, by node. */
export const ANCESTOR_AREA = 'mirror-ancestor';

export interface AncestorEntry {
  readonly id: NodeId;
  readonly parent: NodeId;
  /** As it is on disk. */
  readonly name: string;
  readonly kind: NodeKind;
  /** SHA-256 of the content in hexadecimal, of a link's target; empty for a directory. */
  readonly digest: string;
  readonly size: number;
  readonly mtime: bigint;
  readonly ctime: bigint;
  readonly born: bigint;
  readonly inode: bigint;
  readonly executable: boolean;
  /** The content may be another although the stat is the same: see `isRacy`. */
  readonly racy: boolean;
  /** Of the file's document: the state that the disk shows. */
  readonly heads: Heads;
}

/** Version of the bytes. History: 1, the first; 2, in the byte of flags, that an entry is racy. */
const FORMAT = 2;
const EXECUTABLE = 1;
const RACY = 2;
const KINDS: readonly NodeKind[] = ['directory', 'file', 'symlink'];
/** Three times and an inode, 64 bits each: whole nanoseconds do not fit into a number. */
const STAMPS = 32;

export function encodeEntry(entry: AncestorEntry): Uint8Array {
  const writer = new Writer()
    .byte(FORMAT)
    .byte(KINDS.indexOf(entry.kind))
    .byte((entry.executable ? EXECUTABLE : 0) | (entry.racy ? RACY : 0));
  writer.text(entry.parent).text(entry.name).uint(entry.size);
  const stamps = new DataView(new ArrayBuffer(STAMPS));
  for (const [i, time] of [entry.mtime, entry.ctime, entry.born].entries()) stamps.setBigInt64(8 * i, time);
  stamps.setBigUint64(24, entry.inode);
  writer.raw(new Uint8Array(stamps.buffer));
  const digest = fromHex(entry.digest);
  writer.byte(digest.byteLength).raw(digest);
  writeHeads(writer, entry.heads);
  return writer.finish();
}

export function decodeEntry(id: NodeId, reader: Reader): AncestorEntry {
  const format = reader.byte();
  if (format > FORMAT) {
    throw new EvermeshError(
      'FORMAT_TOO_NEW',
      `What the mirror kept has format ${format}; this version reads up to ${FORMAT}.`,
    );
  }
  const kind = KINDS[reader.byte()];
  const flags = reader.byte();
  const parent = reader.text(24) as NodeId;
  const name = reader.text(1024);
  const size = reader.uint();
  const raw = reader.raw(STAMPS);
  const stamps = new DataView(raw.buffer, raw.byteOffset, STAMPS);
  const [mtime, ctime, born] = [stamps.getBigInt64(0), stamps.getBigInt64(8), stamps.getBigInt64(16)];
  const inode = stamps.getBigUint64(24);
  const digest = toHex(reader.raw(reader.byte()));
  const heads = readHeads(reader);
  if (kind === undefined)
    throw new EvermeshError('STORE_CORRUPT', 'What the mirror kept is damaged.', { details: { node: id } });
  const executable = (flags & EXECUTABLE) !== 0;
  const racy = (flags & RACY) !== 0;
  return { id, parent, name, kind, digest, size, mtime, ctime, born, inode, executable, racy, heads };
}
