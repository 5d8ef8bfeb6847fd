/**
 * What was put aside and did not come to its place returns to where people see it: to its new place, its old one, or
 * beside that. The ancestor goes with it, so nobody takes it for a person's rename, and the next cycle moves it on.
 */
import { type NodeId, ROOT } from '@evermesh/core';
import { toHex, utf8 } from '@evermesh/core/base';
import type { Ancestor, AncestorChange, AncestorEntry } from './ancestor.ts';
import { type ApplyWorld, pathIn, restamped, syncDirectories } from './apply-world.ts';
import { joinPath, parentOf } from './disk.ts';
import { besideName } from './names.ts';
import { placeNew } from './take-place.ts';

interface Place {
  readonly parent: NodeId;
  readonly name: string;
}

export async function putBack(
  world: ApplyWorld,
  entry: AncestorEntry,
  aside: string,
  wanted: Place | undefined,
): Promise<AncestorChange> {
  const { disk } = world;
  const moved = await disk.lstat(aside);
  for (const { parent, name } of placesFor(entry, wanted)) {
    const path = pathIn(world, parent, name);
    if (path === undefined || !(await disk.isOwnDirectory(parentOf(path)))) continue;
    const there = await disk.lstat(path);
    // It was there already, and could not lose the name that it had aside.
    const isBack = entry.kind !== 'directory' && there !== undefined && there.inode === moved?.inode;
    if (there !== undefined && !isBack) continue;
    if (isBack) await disk.fs.unlink(disk.at(aside));
    else if (entry.kind === 'directory') await disk.fs.rename(disk.at(aside), disk.at(path));
    else await placeNew(world, aside, path);
    await syncDirectories(world.disk, [parentOf(path)]);
    return { id: entry.id, entry: restamped({ ...entry, parent, name }, await disk.lstat(path)) };
  }
  throw new Error('There is always another name.');
}

function* placesFor({ id, parent, name }: AncestorEntry, wanted: Place | undefined): Iterable<Place> {
  if (wanted !== undefined) yield wanted;
  yield { parent, name };
  // Its directory may be gone: the root never is.
  for (let attempt = 0; ; attempt++) {
    const beside = besideName(name, toHex(utf8(id)), attempt);
    yield { parent, name: beside };
    yield { parent: ROOT, name: beside };
  }
}

/** The path on disk of what was put aside, or is in a directory that was; of anything else, its own. */
export function whereIs(
  id: NodeId,
  ancestor: Pick<Ancestor, 'get'>,
  aside: ReadonlyMap<NodeId, string>,
): string | undefined {
  const entry = ancestor.get(id);
  if (entry === undefined || aside.has(id)) return aside.get(id);
  const directory = entry.parent === ROOT ? '' : whereIs(entry.parent, ancestor, aside);
  return directory === undefined ? undefined : joinPath(directory, entry.name);
}
