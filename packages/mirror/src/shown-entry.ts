/** Entries of the ancestor, of what the disk shows now. */
import type { Heads, NodeId } from '@evermesh/core';
import { NO_HEADS } from '@evermesh/core/protocol';
import type { AncestorEntry } from './ancestor.ts';
import type { FileStat } from './fs/file-system.ts';
import type { Match } from './match-disk.ts';
import type { Reading } from './read-disk.ts';

/** An entry as the disk has it now; what is said of a content stays. */
export function entryOf(
  id: NodeId,
  parent: NodeId,
  { disk, name }: Match,
  now: AncestorEntry | undefined,
): AncestorEntry {
  if (now !== undefined && disk.kind !== 'directory') return { ...now, parent, name };
  return {
    id,
    parent,
    name,
    kind: disk.kind,
    digest: '',
    ...stamps(disk.stat),
    size: 0,
    executable: false,
    racy: false,
    heads: NO_HEADS,
  };
}

/** A file's or link's entry, with the content that was read. */
export function fileEntry(
  id: NodeId,
  parent: NodeId,
  { disk, name }: Match,
  { digest, stat, racy }: Extract<Reading, { type: 'content' }>,
  heads: Heads,
): AncestorEntry {
  const { executable } = disk.stat;
  return { id, parent, name, kind: disk.kind, digest, ...stamps(stat), executable, racy, heads };
}

/** The entry with the content that was read. Where it stands is another question: a move may have been refused. */
export const readEntry = (
  now: AncestorEntry,
  { digest, stat, racy }: Extract<Reading, { type: 'content' }>,
  heads: Heads,
): AncestorEntry => ({ ...now, digest, ...stamps(stat), racy, heads });

const stamps = ({
  size,
  mtime,
  ctime,
  born,
  inode,
}: FileStat): Pick<FileStat, 'size' | 'mtime' | 'ctime' | 'born' | 'inode'> => ({
  size,
  mtime,
  ctime,
  born,
  inode,
});
