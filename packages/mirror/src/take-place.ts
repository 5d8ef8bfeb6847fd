/**
 * Puts a file where another may stand, so that the path holds the old or the new at every instant, and nothing that a
 * person does meanwhile is overwritten: what is new never replaces anything, and what is replaced keeps a second name
 * until it is certain that it was what the mirror had seen. (Between the last look and the rename there is nothing but the
 * two system calls themselves; without hard links, and for another file in its place, that much remains.) What another node
 * replaces is kept even without hard links: then as a copy.
 */
import type { AncestorEntry, Row } from './ancestor.ts';
import { type ApplyWorld, restamped, syncDirectories, temporaryPath } from './apply-world.ts';
import { type Disk, parentOf, sameBytes, sameStat, TEMPORARY, TRASH } from './disk.ts';
import { codeOf, type FileStat, isOfDisk } from './fs/file-system.ts';
import { bytesInTrash } from './problem.ts';
import { digestOfFile, readContent } from './read-disk.ts';

/** Not every file system has hard links. */
export const NO_LINKS: readonly string[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK'];

/** Thrown when something else is at a path than was seen there. */
export const overtaken = (): Error =>
  Object.assign(new Error('Something else is there now.'), { code: 'EEXIST' });

/** Whether a file or link still is what the ancestor says, by its stat and, where that does not tell, by its content. */
export async function isAsKnown(
  disk: Disk,
  path: string,
  stat: FileStat,
  entry: AncestorEntry,
): Promise<boolean> {
  const { kind } = entry;
  if (stat.kind !== kind || !sameStat(stat, entry)) return false;
  if (!entry.racy || kind === 'directory') return true;
  return (await digestOfFile(disk, { kind, path, stat })) === entry.digest;
}

/**
 * Moves a file to where nothing is. What a person puts in its old place meanwhile stays there: the old name is not removed
 * but taken away, and given back if it leads to another file by then.
 * @param entry what is moved, if a save over its old name is one of it
 * @throws EEXIST
 */
export async function placeNew(
  world: ApplyWorld,
  from: string,
  to: string,
  entry?: AncestorEntry,
): Promise<void> {
  const { disk } = world;
  // Nobody but the mirror writes there.
  const isOwn = parentOf(from) === TEMPORARY;
  const before = isOwn ? undefined : await disk.lstat(from);
  try {
    await disk.fs.link(disk.at(from), disk.at(to));
  } catch (error) {
    if (!NO_LINKS.includes(codeOf(error))) throw error;
    if ((await disk.lstat(to)) !== undefined) throw overtaken();
    return disk.fs.rename(disk.at(from), disk.at(to));
  }
  if (isOwn) return disk.fs.unlink(disk.at(from));
  const taken = temporaryPath(world);
  try {
    await disk.fs.rename(disk.at(from), disk.at(taken));
  } catch (error) {
    const hasLeft = before !== undefined && (await leavesOldName(world, from, to, before, entry));
    // Its intent is over then: a name that a power cut gave back would look like a copy that a person made.
    await syncDirectories(disk, [parentOf(to)]);
    if (hasLeft) return;
    throw error;
  }
  const [there, moved] = [await disk.lstat(taken), await disk.lstatIfPossible(to)];
  // It has its new name, or had: a person may have moved it on already, or removed it.
  const isSame = there !== undefined && (there.inode === before?.inode || there.inode === moved?.inode);
  if (isSame) return disk.fs.unlink(disk.at(taken));
  // As editors save: a new file over the old one. What was another file before is moved here, and not a save.
  const isSave = there !== undefined && there.size > 0 && there.kind === entry?.kind;
  if (isSave && world.ancestor.withInode(there.inode).length === 0)
    return letGo(world, { saved: taken, old: entry, isOther: false, path: from, placed: () => [] });
  await giveBack(world, taken, from);
}

/**
 * A file that cannot leave its old place keeps that alone: its second name would look like a copy that a person made. Answers whether
 * it has left nevertheless, because a person took the new name for its own: saved over it, or moved it on.
 */
async function leavesOldName(
  world: ApplyWorld,
  from: string,
  to: string,
  before: FileStat,
  entry: AncestorEntry | undefined,
): Promise<boolean> {
  const { disk, trash } = world;
  const [old, second] = [await disk.lstat(from), await disk.lstat(to)];
  if (old !== undefined && second?.inode === old.inode && (await disk.fs.unlinkIf(disk.at(to), old.inode))) {
    await ownChange(world, from, before);
    return false;
  }
  if (old?.inode === before.inode) return disk.fs.unlinkIf(disk.at(from), before.inode);
  // A person saved over it, or moved it on, by itself or with its directory, or removed it.
  if (second?.inode !== before.inode) return false;
  // What the folder has as well needs no other place. Otherwise its last name is not thrown away.
  if (entry !== undefined && !entry.racy && sameBytes(second, entry)) {
    await disk.fs.unlinkIf(disk.at(to), before.inode);
    return false;
  }
  const kept = await trash.put(to);
  if ((await disk.lstat(kept))?.inode !== before.inode) await giveBack(world, kept, to);
  return false;
}

/**
 * A second name that a file had for a moment changes a time of it. Taken for a change by a person, it would be followed by another
 * attempt at what failed, and so on without a pause.
 */
async function ownChange(
  { disk, nodes, ancestor }: ApplyWorld,
  path: string,
  before: FileStat,
): Promise<void> {
  const now = await disk.lstat(path);
  const changes = ancestor
    .withInode(before.inode)
    .filter((entry) => entry.born === before.born && sameStat(entry, before))
    .map((entry) => ({ id: entry.id, entry: restamped(entry, now) }));
  if (changes.length === 0) return;
  await nodes.keep(ancestor.rows(changes));
  ancestor.took(changes);
}

/** What a person put in the place of a file at the moment in which that was moved. */
async function giveBack(world: ApplyWorld, taken: string, path: string): Promise<void> {
  const { disk } = world;
  world.arrived(parentOf(path));
  try {
    await disk.fs.link(disk.at(taken), disk.at(path));
    await disk.fs.unlink(disk.at(taken));
  } catch {
    // There is a newer one, or no place for it.
    await keepBytes(world, taken, path);
  }
}

/**
 * Moves a file over the one that `old` describes.
 * @param isOther `old` is another node: what stands there is nowhere in the history of the one that comes
 * @returns what stood there, under a temporary name; nothing if the file system cannot hold two names of one file and it
 * is the same node
 * @throws EEXIST if it is not what `old` says
 */
export async function placeOver(
  world: ApplyWorld,
  from: string,
  to: string,
  old: AncestorEntry,
  isOther: boolean,
): Promise<string | undefined> {
  const { disk } = world;
  const there = await disk.lstat(to);
  if (there === undefined || !(await isAsKnown(disk, to, there, old))) throw overtaken();
  let saved: string | undefined = temporaryPath(world);
  try {
    await disk.fs.link(disk.at(to), disk.at(saved));
  } catch (error) {
    if (!NO_LINKS.includes(codeOf(error))) throw error;
    if (isOther) await copy(world, to, saved, there, error);
    else saved = undefined;
  }
  let isReplaced = false;
  try {
    isReplaced = await disk.fs.replace(disk.at(from), disk.at(to), there.inode);
  } finally {
    if (!isReplaced && saved !== undefined) {
      await disk.fs.unlink(disk.at(saved));
      await ownChange(world, to, there);
    }
  }
  if (!isReplaced) throw overtaken();
  return saved;
}

/**
 * A copy of what is about to be replaced, which survives a power cut.
 * @throws `cause` if there can be none
 */
async function copy(
  { disk }: ApplyWorld,
  from: string,
  to: string,
  there: FileStat,
  cause: unknown,
): Promise<void> {
  if (there.kind === 'symlink') {
    const target = await disk.fs.readLink(disk.at(from));
    if (target === undefined) throw cause;
    await disk.fs.makeLink(target, disk.at(to));
  } else {
    const handle = await disk.fs.openToRead(disk.at(from));
    try {
      await disk.fs.createFile(disk.at(to), handle.pieces(), there);
    } catch (error) {
      await disk.fs.unlink(disk.at(to)).catch(() => undefined);
      throw error;
    } finally {
      await handle.close();
    }
  }
  await disk.fs.syncDirectory(disk.at(TEMPORARY));
  const now = await disk.lstat(from);
  if (now !== undefined && sameStat(now, there)) return;
  await disk.fs.unlink(disk.at(to));
  throw overtaken();
}

/** What was replaced, and by what. */
export interface Replaced {
  /** Path of it. */
  readonly saved: string;
  readonly old: AncestorEntry;
  /** By another node: then nobody has it any more, and it goes to the trash. */
  readonly isOther: boolean;
  /** Where it stood. */
  readonly path: string;
  /** The rows that say what stands there now: with a save, so that it is taken once. Asked for only where there is one: who makes them forgets. */
  readonly placed: () => readonly Row[];
}

/** Lets go of what was replaced. What fails at that is no reason to forget what stands there now. */
export async function letGo(world: ApplyWorld, replaced: Replaced): Promise<void> {
  try {
    await releaseReplaced(world, replaced);
  } catch (error) {
    if (!isOfDisk(error)) throw error;
    world.problem({
      path: replaced.path,
      code: 'WRITE_FAILED',
      message: `What stood there before cannot be put away (${codeOf(error)}).`,
      next: `Give the user that runs the mirror the right to write to ${TRASH}. It is put there at the next start.`,
    });
  }
}

/** If a person wrote to it at the last moment, that is a save. */
async function releaseReplaced(
  world: ApplyWorld,
  { saved, old, isOther, path, placed }: Replaced,
): Promise<void> {
  const { disk, nodes, trash } = world;
  const stat = await disk.lstat(saved);
  if (stat === undefined) return;
  const drop = async (): Promise<void> => {
    if (isOther) await trash.put(saved, path);
    else await disk.fs.unlink(disk.at(saved));
  };
  if (!old.racy && sameBytes(stat, old)) return drop();
  // A program that empties a file writes to it in a moment: there, wherever that is.
  if (stat.size === 0 && old.size > 0) return keepBytes(world, saved, path);
  const reading = await readContent(
    disk,
    { kind: old.kind as 'file' | 'symlink', path: saved, stat },
    world.blobs,
    world.clock,
  );
  if (reading.type === 'content' && reading.digest === old.digest) return drop();
  if (reading.type === 'content') {
    await reading.keep();
    const { failures } = await nodes.apply(
      [{ type: 'save', id: old.id, content: reading.content, shown: old.heads }],
      { beside: placed },
    );
    if (failures.size === 0) return disk.fs.unlink(disk.at(saved));
  }
  await keepBytes(world, saved, path);
}

/** What may hold what exists nowhere else. */
async function keepBytes(world: ApplyWorld, saved: string, path: string): Promise<void> {
  world.problem(bytesInTrash(path, await world.trash.put(saved, path)));
}
