/**
 * Two names that the folder tells apart, on a disk that takes them for one: only one of the two can be there. The other waits, and is
 * named, until one of them has another name. It is never written over the first, for what is new replaces nothing.
 */
import type { FolderNodes, NodeId } from '@evermesh/core';
import { portableKey } from '@evermesh/core/model';
import type { Ancestor } from './ancestor.ts';
import { type Disk, nameOf } from './disk.ts';
import { isShownAs } from './names.ts';
import type { Problem } from './problem.ts';

interface World {
  readonly disk: Disk;
  readonly nodes: FolderNodes;
  readonly ancestor: Ancestor;
  problem(problem: Problem): void;
  retryLater(id: NodeId): void;
}

/** Whether what stands at the path of a node is its sibling, which has its place there. Then that is told, and the node waits. */
export async function waitsForSibling(world: World, path: string, id: NodeId): Promise<boolean> {
  const { disk, ancestor, nodes } = world;
  const there = await disk.lstatIfPossible(path);
  if (there === undefined) return false;
  const name = nameOf(path);
  const parent = nodes.node(id)?.parent;
  const sibling = ancestor.withInode(there.inode).find((entry) => {
    const node = nodes.node(entry.id);
    const isInPlace = node?.id === entry.id && node.parent === parent && isShownAs(entry.name, node.name);
    return (
      isInPlace && entry.id !== id && entry.name !== name && portableKey(entry.name) === portableKey(name)
    );
  });
  if (sibling === undefined) return false;
  world.retryLater(id);
  world.problem({
    path,
    code: 'NAME_TAKEN',
    message: `This disk takes it and ${sibling.name} for one name, so only that one is here. Both are in the folder.`,
    next: 'Rename one of the two, on a device whose disk tells them apart.',
  });
  return true;
}

/**
 * The same, asked before anything is written: who waits is tried again and again. Only a folder that tells apart what some disk takes
 * for one has to ask.
 */
export async function hasNoRoom(world: World, path: string, id: NodeId): Promise<boolean> {
  const { nodes } = world;
  return nodes.nameKey('a') !== nodes.nameKey('A') && waitsForSibling(world, path, id);
}
