/**
 * What is done before the first scan after a crash. An intent that was carried out moves the ancestor; what was put aside
 * returns; what no intent explains is kept in the trash.
 */
import { type NodeId, ROOT } from '@evermesh/core';
import { portableKey } from '@evermesh/core/model';
import type { AncestorChange, AncestorEntry, Row } from './ancestor.ts';
import { type ApplyWorld, pathIn, restamped } from './apply-world.ts';
import { asidePath, isAside } from './aside.ts';
import { writtenEntry } from './apply-contents.ts';
import { type Disk, joinPath, TEMPORARY } from './disk.ts';
import { codeOf, type FileStat, isOfDisk } from './fs/file-system.ts';
import type { Intent, Waiting } from './intents.ts';
import { isShownAs } from './names.ts';
import { putBack } from './put-back.ts';
import { digestOfFile } from './read-disk.ts';
import { letGo } from './take-place.ts';
import { type Name, Whereabouts } from './whereabouts.ts';

/** What fails at one path is a problem, and its intent stays for the next start. */
export async function recoverIntents(world: ApplyWorld): Promise<void> {
  const { intents, nodes, ancestor, disk } = world;
  const left = await intents.left();
  const failed = new Set<NodeId>();
  const rows: Row[] = [];
  const each = async (
    recover: (world: ApplyWorld, intent: Intent) => Promise<AncestorChange[]>,
  ): Promise<void> => {
    for (const intent of left) {
      try {
        const changes = await recover(world, intent);
        rows.push(...ancestor.rows(changes));
        ancestor.took(changes);
      } catch (error) {
        failed.add(intent.id);
        unreadable(world, pathIn(world, intent.parent, intent.name) ?? intent.name, error);
      }
    }
  };
  await disk.ensureDirectory(TEMPORARY);
  const replaced = await temporariesByInode(disk);
  const whereabouts = new Whereabouts(world);
  const keep = async (): Promise<void> => {
    if (rows.length > 0) await nodes.keep(rows.splice(0));
  };
  await each((_, intent) => recoverOne(world, intent, replaced, whereabouts));
  await each(recoverAside);
  const over = left.filter(({ id }) => !failed.has(id));
  rows.push(...over.map(({ id }) => intents.over(id)));
  // Before anything that waits is removed: an intent takes what is gone for used.
  await keep();
  const writes = left.filter((intent) => intent.type === 'write');
  await clearTemporaries(world, {
    digests: new Set(writes.map(({ digest }) => digest)),
    waiting: new Set(writes.flatMap(({ id, waiting }) => (failed.has(id) ? [waiting?.path] : []))),
  });
  await each(stillThere);
  await keep();
}

/** What a run before did on disk and could not say any more. Only looks. */
export async function carriedOut(
  { disk, ancestor }: Pick<ApplyWorld, 'disk' | 'ancestor'>,
  intent: Intent,
  whereabouts: Whereabouts,
): Promise<AncestorChange[]> {
  const path =
    intent.parent === ROOT || ancestor.get(intent.parent) !== undefined
      ? pathIn({ ancestor }, intent.parent, intent.name)
      : undefined;
  const stat = path === undefined ? undefined : await disk.lstat(path);
  const entry = ancestor.get(intent.id);
  if (intent.type === 'remove') {
    // What was put aside for that comes back, and may have been saved at the last moment.
    if (entry === undefined || (await isAside(disk, entry))) return [];
    if (stat !== undefined)
      return hasComeBack(entry, stat, intent) ? [{ id: intent.id, entry: undefined }] : [];
    // What a person moved is still there, and still to be removed, or to come back as itself.
    return (await whereabouts.namesOf(entry)).length === 0 ? [{ id: intent.id, entry: undefined }] : [];
  }
  if (path === undefined) return [];
  const replaced = intent.replaces === undefined ? [] : [{ id: intent.replaces, entry: undefined }];
  if (intent.type === 'write') {
    const written = await writtenAt(disk, path, stat, intent);
    return written === undefined ? [] : [...replaced, { id: intent.id, entry: written }];
  }
  if (entry === undefined || stat?.kind !== entry.kind) return [];
  if (stat.inode !== entry.inode && !(await wasSavedOver({ disk, ancestor }, entry, stat, whereabouts)))
    return [];
  if (isRespelled(intent, entry)) {
    const names = await whereabouts.namesOf(entry);
    if (!names.some(({ name }) => isShownAs(name, intent.name))) return [];
  }
  if (await wasMovedOn({ disk, ancestor }, intent, entry, whereabouts)) return [];
  const moved = restamped({ ...entry, parent: intent.parent, name: intent.name }, stat);
  return [...replaced, { id: intent.id, entry: moved }];
}

/**
 * It went to the trash, as the time tells at which it got a name last, and a person took it out again: it is what he put there.
 * A save or another mode, where it stands, changes that time too: then it went nowhere, and is the file that it was.
 */
const hasComeBack = (
  entry: AncestorEntry,
  stat: FileStat,
  { permissions = stat.permissions }: Extract<Intent, { type: 'remove' }>,
): boolean =>
  entry.kind !== 'directory' &&
  stat.inode === entry.inode &&
  stat.ctime !== entry.ctime &&
  stat.mtime === entry.mtime &&
  stat.permissions === permissions;

/**
 * What was put there; `undefined` if it was not. People may have saved, moved or removed it since: they had it in front of
 * them, so that is told from the content that was put there, and not from the one before.
 */
async function writtenAt(
  disk: Disk,
  path: string,
  stat: FileStat | undefined,
  intent: Extract<Intent, { type: 'write' }>,
): Promise<AncestorEntry | undefined> {
  if (stat?.kind === 'file' || stat?.kind === 'symlink') {
    const digest = await digestOfFile(disk, { kind: stat.kind, path, stat });
    if (digest === intent.digest) return writtenEntry(intent, stat, stat, true);
  }
  const { waiting } = intent;
  if (waiting === undefined) return undefined;
  const left = await disk.lstat(waiting.path);
  const wasPut = left === undefined || (left.inode === waiting.inode && hadItsPlace(waiting, left, stat));
  return wasPut ? writtenEntry(intent, waiting, undefined, true) : undefined;
}

/**
 * It gets the name in its place before it loses its own, and that changes a time of it. So does another mode, which a person may have
 * given to all that is there: then nothing tells, and what may not have been in its place was in nobody's front.
 */
function hadItsPlace(waiting: Waiting, left: FileStat, stat: FileStat | undefined): boolean {
  if (left.inode === stat?.inode) return true;
  const hasSameMode = waiting.permissions === undefined || waiting.permissions === left.permissions;
  return left.ctime !== waiting.ctime && hasSameMode;
}

/** As editors save: what was moved came to its place, and is nowhere, and a new file is there. */
async function wasSavedOver(
  { disk, ancestor }: Pick<ApplyWorld, 'disk' | 'ancestor'>,
  entry: AncestorEntry,
  there: FileStat,
  whereabouts: Whereabouts,
): Promise<boolean> {
  if (entry.kind === 'directory' || ancestor.withInode(there.inode).length > 0) return false;
  return !(await isAside(disk, entry)) && (await whereabouts.namesOf(entry)).length === 0;
}

/**
 * The name that it was to lose is gone, and it has one that the mirror did not give it: it had both after the crash, and a person moved
 * it by the old one. What cannot be listed is not asked.
 */
async function wasMovedOn(
  { disk, ancestor }: Pick<ApplyWorld, 'disk' | 'ancestor'>,
  intent: Intent,
  entry: AncestorEntry,
  whereabouts: Whereabouts,
): Promise<boolean> {
  const old = ancestor.pathOf(entry.id);
  if (entry.kind === 'directory') return false;
  if (old !== undefined && (await disk.lstat(old))?.inode === entry.inode) return false;
  const names = await whereabouts.namesIfPossible(entry);
  const places = [intent, ...ancestor.withInode(entry.inode)];
  return names.some(
    (one) => !places.some(({ parent, name }) => one.parent === parent && isShownAs(one.name, name)),
  );
}

/** A second name that a file had for a moment changes a time of it, and is nobody's save. */
async function stillThere({ disk, ancestor }: ApplyWorld, intent: Intent): Promise<AncestorChange[]> {
  const changes: AncestorChange[] = [];
  for (const id of [intent.id, ...(intent.type === 'remove' ? [] : [intent.replaces])]) {
    const entry = id === undefined ? undefined : ancestor.get(id);
    const path = entry === undefined || entry.kind === 'directory' ? undefined : ancestor.pathOf(entry.id);
    if (entry === undefined || path === undefined) continue;
    changes.push({ id: entry.id, entry: restamped(entry, await disk.lstat(path)) });
  }
  return changes;
}

async function recoverOne(
  world: ApplyWorld,
  intent: Intent,
  replaced: ReadonlyMap<bigint, string>,
  whereabouts: Whereabouts,
): Promise<AncestorChange[]> {
  const { ancestor, intents } = world;
  const other = intent.type === 'remove' ? undefined : intent.replaces;
  const old = ancestor.get(other ?? intent.id);
  const changes = await carriedOut(world, intent, whereabouts);
  if (intent.type === 'move') await dropOneName(world, intent, changes.length > 0, whereabouts);
  if (changes.length === 0 || intent.type === 'remove') return changes;
  const path = pathIn(world, intent.parent, intent.name);
  const saved = old === undefined ? undefined : replaced.get(old.inode);
  if (old === undefined || saved === undefined || path === undefined) return changes;
  // It stands there still.
  if ((await world.disk.lstat(path))?.inode === old.inode) return changes;
  const placed = (): Row[] => [...ancestor.rows(changes), intents.over(intent.id)];
  await letGo(world, { saved, old, isOther: other !== undefined, path, placed });
  return changes;
}

async function temporariesByInode(disk: Disk): Promise<Map<bigint, string>> {
  const { entries } = await disk.fs.list(disk.at(TEMPORARY));
  return new Map(entries.map(({ name, stat }) => [stat.inode, joinPath(TEMPORARY, name)]));
}

/**
 * What was put aside, and neither came to its place nor back. When all others are where they should be, it may. If it cannot, it is not
 * on this disk, where it would look removed: the folder's content is written anew when it can be, and what is aside goes to the trash.
 */
async function recoverAside(world: ApplyWorld, { id, parent, name }: Intent): Promise<AncestorChange[]> {
  const entry = world.ancestor.get(id);
  if (entry === undefined || !(await isAside(world.disk, entry))) return [];
  try {
    return [await putBack(world, entry, asidePath(id), { parent, name })];
  } catch (error) {
    unreadable(world, pathIn(world, parent, name) ?? name, error);
    return [...world.ancestor.below(id)].map((below) => ({ id: below.id, entry: undefined }));
  }
}

/**
 * A file gets its new name before it loses the old one, or the one that it had aside: after a crash it may have both, and they
 * are one file. If the new one is not where it was to be, because a person moved its directory, the old one stays.
 */
async function dropOneName(
  world: ApplyWorld,
  intent: Extract<Intent, { type: 'move' }>,
  isMoved: boolean,
  whereabouts: Whereabouts,
): Promise<void> {
  const { disk, ancestor } = world;
  const { id, parent, name } = intent;
  const entry = ancestor.get(id);
  if (entry === undefined || entry.kind === 'directory') return;
  const drop = async (path: string | undefined): Promise<void> => {
    if (path === undefined || (await disk.lstat(path))?.inode !== entry.inode) return;
    await disk.fs.unlink(disk.at(path));
  };
  if (isMoved) await drop(asidePath(id));
  const isWhereKnown = (await whereabouts.isInPlace(parent)) && (await whereabouts.isInPlace(entry.parent));
  if (isWhereKnown && !isRespelled(intent, entry)) {
    if (isMoved) return drop(ancestor.pathOf(id));
    const to = pathIn(world, parent, name);
    if (to === undefined || (await disk.lstat(to))?.inode !== entry.inode) return;
  }
  const names = await whereabouts.namesOf(entry);
  const isOld = (one: Name): boolean => one.parent === entry.parent && one.name === entry.name;
  const isNew = (one: Name): boolean =>
    isShownAs(one.name, name) && !isOld(one) && (one.parent === parent || ancestor.get(parent) === undefined);
  const doomed = names.filter(isMoved ? isOld : isNew);
  // The last name is not thrown away.
  if (doomed.length < names.length) for (const one of doomed) await drop(one.path);
}

/** Whether a file system may take both names for one. */
const isRespelled = ({ parent, name }: Intent, entry: AncestorEntry): boolean =>
  parent === entry.parent && portableKey(name) === portableKey(entry.name);

/** Nothing stays in our directory for temporaries. What holds bytes that are nowhere else goes to the trash. */
async function clearTemporaries(
  world: ApplyWorld,
  { digests, waiting }: { digests: ReadonlySet<string>; waiting: ReadonlySet<string | undefined> },
): Promise<void> {
  const { disk, trash, ancestor } = world;
  for (const { name, stat } of (await disk.fs.list(disk.at(TEMPORARY))).entries) {
    const path = joinPath(TEMPORARY, name);
    if (waiting.has(path)) continue;
    try {
      const digest =
        stat.kind === 'file' || stat.kind === 'symlink'
          ? await digestOfFile(disk, { kind: stat.kind, path, stat })
          : undefined;
      const known = ancestor.withInode(stat.inode).some((entry) => entry.digest === digest);
      if (digest !== undefined && (digests.has(digest) || known)) await disk.fs.unlink(disk.at(path));
      else await trash.put(path, `unfinished/${name}`);
    } catch (error) {
      unreadable(world, path, error);
    }
  }
}

/** @throws the error itself if it is of more than this path */
function unreadable(world: ApplyWorld, path: string, error: unknown): void {
  if (!isOfDisk(error)) throw error;
  world.problem({
    path,
    code: 'UNREADABLE',
    message: `What a run before left there cannot be seen to (${codeOf(error)}). Nothing of it counts as deleted.`,
    next: 'Give the user that runs the mirror the right to read and write there. It is tried again at the next start.',
  });
}
