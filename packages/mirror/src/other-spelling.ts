/**
 * Two names that the folder tells apart, on a disk that takes them for one: only one of the two can be there. The other waits, and is
 * named, until one of them has another name. It is never written over the first, for what is new replaces nothing.
 */
import { type FolderNodes, type NodeId, ROOT, type ShownNode } from '@evermesh/core';
import { portableKey } from '@evermesh/core/model';
import type { Ancestor, AncestorEntry } from './ancestor.ts';
import { type Disk, joinPath, nameOf } from './disk.ts';
import { isShownAs } from './names.ts';
import type { Problem } from './problem.ts';

interface World {
  readonly disk: Disk;
  readonly nodes: FolderNodes;
  readonly ancestor: Ancestor;
  problem(problem: Problem): void;
  retryLater(id: NodeId): void;
}

/**
 * Whether what stands at the path of a node stays there: its sibling, which has its place there, or what has no room itself where it is
 * to go. Then that is told, and the node waits.
 */
export async function waitsForSibling(world: World, path: string, id: NodeId): Promise<boolean> {
  const there = await staying(world, path, id);
  if (there === undefined) return false;
  world.retryLater(id);
  world.problem({
    path,
    code: 'NAME_TAKEN',
    message:
      there.name === nameOf(path)
        ? `What had this name is here still: this disk has no room for it under ${world.nodes.node(there.id)?.name}.`
        : `This disk takes it and ${there.name} for one name, so only that one is here. Both are in the folder.`,
    next: 'Rename one of the two, on a device whose disk tells them apart.',
  });
  return true;
}

type Shown = Pick<World, 'disk' | 'nodes' | 'ancestor'>;

/** @param asked nodes that wait for this one: two that wait for each other are put aside, and wait for nobody */
async function staying(
  world: Shown,
  path: string,
  id: NodeId,
  asked: ReadonlySet<NodeId> = new Set(),
): Promise<AncestorEntry | undefined> {
  const { disk, nodes, ancestor } = world;
  const there = await disk.lstatIfPossible(path);
  if (there === undefined) return undefined;
  const name = nameOf(path);
  for (const entry of ancestor.withInode(there.inode)) {
    const node = nodes.node(entry.id);
    if (entry.id === id || node?.id !== entry.id || asked.has(entry.id)) continue;
    if (node.parent === entry.parent && isShownAs(entry.name, node.name)) {
      const isSibling = node.parent === nodes.node(id)?.parent && entry.name !== name;
      if (isSibling && portableKey(entry.name) === portableKey(name)) return entry;
      continue;
    }
    if (await isKept(world, node, new Set([...asked, id]))) return entry;
  }
  return undefined;
}

/** Whether there is no room for a node where it is to go, or for the directory that is to hold it. */
async function isKept(world: Shown, node: ShownNode, asked: ReadonlySet<NodeId>): Promise<boolean> {
  const { nodes, ancestor } = world;
  const directory = node.parent === ROOT ? '' : ancestor.pathOf(node.parent);
  if (directory !== undefined)
    return (await staying(world, joinPath(directory, node.name), node.id, asked)) !== undefined;
  const parent = nodes.node(node.parent);
  return parent !== undefined && isKept(world, parent, new Set([...asked, node.id]));
}

/**
 * The same, asked before anything is written: who waits is tried again and again. Only a folder that tells apart what some disk takes
 * for one has to ask.
 */
export async function hasNoRoom(world: World, path: string, id: NodeId): Promise<boolean> {
  const { nodes } = world;
  return nodes.nameKey('a') !== nodes.nameKey('A') && waitsForSibling(world, path, id);
}
