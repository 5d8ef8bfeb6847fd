/** What applying to the disk works with, and how it says what it could not do. */
import type { BlobStore, Clock, FolderNodes, NodeId, Random } from '@evermesh/core';
import { ROOT } from '@evermesh/core';
import { toHex } from '@evermesh/core/base';
import type { Ancestor, AncestorEntry } from './ancestor.ts';
import { type Disk, joinPath, parentOf, sameBytes, TEMPORARY } from './disk.ts';
import { codeOf, type FileStat, isOfDisk } from './fs/file-system.ts';
import type { IgnoreRules } from './ignore-rules.ts';
import type { Intents } from './intents.ts';
import type { Tell } from './mirror-event.ts';
import { waitsForSibling } from './other-spelling.ts';
import type { Problem } from './problem.ts';
import type { Trash } from './trash.ts';

export interface ApplyWorld {
  readonly disk: Disk;
  readonly nodes: FolderNodes;
  readonly blobs: BlobStore;
  readonly ancestor: Ancestor;
  readonly intents: Intents;
  readonly trash: Trash;
  readonly rules: IgnoreRules;
  readonly random: Random;
  readonly clock: Clock;
  readonly tell: Tell;
  problem(problem: Problem): void;
  solved(path: string): void;
  /** How many contents a file has beside the one that is shown. */
  others(id: NodeId, path: string, count: number): void;
  /** The disk is not what the plan saw: this directory must be scanned first, then this node tried again. */
  lookAgain(directory: string, id: NodeId): void;
  /** The mirror made or moved a directory to this path: what a person puts there is found only if it is watched. */
  arrived(directory: string): void;
  /** These were to be removed, and are not where they were. If they turn up elsewhere, they are what they were. */
  missed(entries: readonly AncestorEntry[]): Promise<void>;
  /** It could not be done, and will not be before something changes. */
  retryLater(id: NodeId): void;
  /** Whether a file on disk waits to be compared with this node, whose content is here now: the node is tried after that. */
  looksFirst(id: NodeId): boolean;
  /** The content of this node has not arrived. */
  notHere(id: NodeId): void;
}

/** A new name in our own directory for temporary files. */
export const temporaryPath = ({ random }: ApplyWorld): string => `${TEMPORARY}/${toHex(random.bytes(8))}`;

export function pathIn(
  { ancestor }: Pick<ApplyWorld, 'ancestor'>,
  parent: NodeId,
  name: string,
): string | undefined {
  const directory = parent === ROOT ? '' : ancestor.pathOf(parent);
  return directory === undefined ? undefined : joinPath(directory, name);
}

/** The entry with the stat it has after the mirror moved or wrote it, unless a person wrote to it in between. */
export function restamped(entry: AncestorEntry, stat: FileStat | undefined): AncestorEntry {
  if (stat === undefined || stat.inode !== entry.inode) return entry;
  if (entry.kind !== 'directory' && !sameBytes(entry, stat)) return entry;
  const { size, mtime, ctime, born } = stat;
  return { ...entry, mtime, ctime, born, size: entry.kind === 'directory' ? 0 : size };
}

const FULL = ['ENOSPC', 'EDQUOT'];
const NAMES = ['ENAMETOOLONG', 'EINVAL', 'EILSEQ'];
/** The disk changed under us: what is there is looked at again. */
const OVERTAKEN = ['ENOENT', 'ENOTDIR', 'EEXIST', 'ELOOP', 'EISDIR', 'ENOTEMPTY'];

/** Runs one step at a path: its failure is a matter of this path only. Failures of our own store are not. */
export async function atPath(
  world: ApplyWorld,
  path: string,
  id: NodeId,
  step: () => Promise<void>,
): Promise<void> {
  try {
    await step();
  } catch (error) {
    const code = codeOf(error);
    if (!isOfDisk(error)) throw error;
    if (code === 'EEXIST' && (await waitsForSibling(world, path, id))) return;
    if (OVERTAKEN.includes(code)) return world.lookAgain(parentOf(path), id);
    world.retryLater(id);
    const isName = NAMES.includes(code);
    world.problem({
      path,
      code: isName ? 'NAME_REFUSED' : 'WRITE_FAILED',
      message: isName
        ? `This file system cannot hold the name (${code}).`
        : `It could not be written (${code}).`,
      next: isName
        ? 'Rename it on another device.'
        : FULL.includes(code)
          ? 'Make room on the disk.'
          : 'Give the user that runs the mirror the right to write there.',
    });
  }
}

/** Calls `work` for each item, a few at a time. */
export async function eachOf<Item>(
  items: Iterable<Item>,
  atOnce: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const iterator = items[Symbol.iterator]();
  const worker = async (first: Item): Promise<void> => {
    await work(first);
    for (let next = iterator.next(); next.done !== true; next = iterator.next()) await work(next.value);
  };
  const workers: Promise<void>[] = [];
  while (workers.length < atOnce) {
    const first = iterator.next();
    if (first.done === true) break;
    workers.push(worker(first.value));
  }
  await Promise.all(workers);
}

/**
 * Makes the names in these directories survive a power cut. One that is gone, or is reached through links by now, has none. One that the
 * mirror may not read is left: that is told at the paths in it, and is no reason to stop at all others.
 */
export function syncDirectories(disk: Disk, directories: Iterable<string>): Promise<void> {
  return eachOf(new Set(directories), 8, async (directory) => {
    await disk.fs.syncDirectory(disk.at(directory)).catch((error: unknown) => {
      if (!['ENOENT', 'ENOTDIR', 'ELOOP', 'EACCES', 'EPERM'].includes(codeOf(error))) throw error;
    });
  });
}
