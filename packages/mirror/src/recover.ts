/**
 * What is done before the first scan after a crash. An intent that was carried out moves the ancestor; what was put aside
 * returns; what no intent explains is kept in the trash.
 */
import { ROOT } from '@evermesh/core';
import type { AncestorChange, AncestorEntry, Row } from './ancestor.ts';
import { type ApplyWorld, pathIn, restamped } from './apply-world.ts';
import { writtenEntry } from './apply-contents.ts';
import { joinPath, sameStat, TEMPORARY } from './disk.ts';
import type { FileStat } from './fs/file-system.ts';
import type { Intent } from './intents.ts';
import { putBack } from './put-back.ts';
import { digestOfFile } from './read-disk.ts';

/** Nanoseconds before the newest change that the disk's caches may have lost in a power cut, generously. */
const UNSURE_TIME = 3_600_000_000_000n;

export async function recoverIntents(world: ApplyWorld): Promise<void> {
  const { intents, nodes, ancestor } = world;
  const left = await intents.left();
  const rows: Row[] = [];
  const each = async (
    recover: (world: ApplyWorld, intent: Intent) => Promise<AncestorChange[]>,
  ): Promise<void> => {
    for (const intent of left) {
      const changes = await recover(world, intent);
      rows.push(...ancestor.rows(changes));
      ancestor.took(changes);
    }
  };
  await each(recoverOne);
  await each(recoverAside);
  await clearTemporaries(
    world,
    new Set(left.flatMap((intent) => (intent.type === 'write' ? [intent.digest] : []))),
  );
  await each(stillThere);
  for (const { id } of left) rows.push(intents.over(id));
  if (rows.length > 0) await nodes.keep(rows);
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

async function recoverOne(world: ApplyWorld, intent: Intent): Promise<AncestorChange[]> {
  const { disk, ancestor } = world;
  const path =
    intent.parent === ROOT || ancestor.get(intent.parent) !== undefined
      ? pathIn(world, intent.parent, intent.name)
      : undefined;
  const stat = path === undefined ? undefined : await disk.lstat(path);
  const entry = ancestor.get(intent.id);
  if (intent.type === 'remove')
    return entry !== undefined && stat === undefined ? [{ id: intent.id, entry: undefined }] : [];
  const replaced = intent.replaces === undefined ? [] : [{ id: intent.replaces, entry: undefined }];
  if (intent.type === 'write') {
    if (path === undefined || stat === undefined || (stat.kind !== 'file' && stat.kind !== 'symlink'))
      return [];
    if ((await digestOfFile(disk, { kind: stat.kind, path, stat })) !== intent.digest) return [];
    return [...replaced, { id: intent.id, entry: writtenEntry(intent, stat, stat) }];
  }
  if (entry === undefined) return [];
  if (path !== undefined && stat?.inode === entry.inode && stat.kind === entry.kind) {
    await dropOldName(world, entry, path, stat);
    return [
      ...replaced,
      { id: intent.id, entry: restamped({ ...entry, parent: intent.parent, name: intent.name }, stat) },
    ];
  }
  return [];
}

/** What was put aside, and neither came to its place nor back. When all others are where they should be, it may. */
async function recoverAside(world: ApplyWorld, { id, parent, name }: Intent): Promise<AncestorChange[]> {
  const entry = world.ancestor.get(id);
  const aside = `${TEMPORARY}/${id}`;
  if (entry === undefined || (await world.disk.lstat(aside))?.inode !== entry.inode) return [];
  return [await putBack(world, entry, aside, { parent, name })];
}

/** A file gets its new name before it loses the old one, or the one that it had aside. */
async function dropOldName(
  { disk, ancestor }: ApplyWorld,
  entry: AncestorEntry,
  path: string,
  stat: FileStat,
): Promise<void> {
  if (stat.kind === 'directory') return;
  for (const old of [ancestor.pathOf(entry.id), `${TEMPORARY}/${entry.id}`]) {
    if (old === undefined || old === path || (await disk.lstat(old))?.inode !== stat.inode) continue;
    await disk.fs.unlink(disk.at(old));
  }
}

/** Nothing stays in our directory for temporaries. What holds bytes that are nowhere else goes to the trash. */
async function clearTemporaries(
  { disk, trash, ancestor }: ApplyWorld,
  digests: ReadonlySet<string>,
): Promise<void> {
  for (const { name, stat } of (await disk.fs.list(disk.at(TEMPORARY))).entries) {
    const path = joinPath(TEMPORARY, name);
    const digest =
      stat.kind === 'file' || stat.kind === 'symlink'
        ? await digestOfFile(disk, { kind: stat.kind, path, stat })
        : undefined;
    const known = ancestor.withInode(stat.inode).some((entry) => entry.digest === digest);
    if (digest !== undefined && (digests.has(digest) || known)) await disk.fs.unlink(disk.at(path));
    else await trash.put(path, `unfinished/${name}`);
  }
}

/**
 * After an unclean end a power cut may have taken contents back, and left names and times as they were: such a file is
 * damaged, and nobody's edit. What is there goes to the trash, and the folder's content is written again.
 */
export async function findDamaged(world: ApplyWorld): Promise<void> {
  const { ancestor, nodes, disk, trash } = world;
  let newest = 0n;
  for (const { ctime } of ancestor.all()) if (ctime > newest) newest = ctime;
  const damaged: { readonly entry: AncestorEntry; readonly path: string }[] = [];
  for (const entry of [...ancestor.all()]) {
    const path = entry.kind === 'file' ? ancestor.pathOf(entry.id) : undefined;
    const stat = path === undefined ? undefined : await disk.lstat(path);
    if (path === undefined || stat?.kind !== 'file') continue;
    if (sameStat(stat, entry) && entry.ctime < newest - UNSURE_TIME) continue;
    const emptied = stat.size === 0 && entry.size > 0;
    if (!emptied && stat.mtime !== entry.mtime) continue;
    const digest = await digestOfFile(disk, { kind: 'file', path, stat });
    if (digest === undefined || digest === entry.digest) continue;
    damaged.push({ entry, path });
  }
  // The ancestor first: a file that is in it and not on disk would count as deleted after another crash.
  const changes = damaged.map(({ entry }): AncestorChange => ({ id: entry.id, entry: undefined }));
  if (changes.length > 0) await nodes.keep(ancestor.rows(changes));
  ancestor.took(changes);
  for (const { path } of damaged) {
    const kept = await trash.put(path);
    world.problem({
      path,
      code: 'FILE_DAMAGED',
      message:
        'Its content is not what was there before the last run ended, and nobody saved it: it was lost in a crash.',
      next: `The folder's content is written again. What was found is in ${kept}.`,
    });
  }
}
