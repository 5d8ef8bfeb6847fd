/** Where a node may be put. */
import { isNodeId, type NodeId } from '../../base/index.ts';
import { EvermeshError } from '../../errors/index.ts';
import type { TreeNode } from './tree-node.ts';
import type { TreeView } from './tree-view.ts';

/** @throws PATH_EXISTS if another than `node` keeps the name from being used */
export function checkFree(
  view: TreeView,
  directory: TreeNode,
  name: string,
  node: TreeNode | undefined,
): void {
  const holder = view.contents(directory)?.at(view.nameKey(name));
  if (holder === undefined || holder === node) return;
  const details = { name, takenBy: holder.shown?.name };
  throw new EvermeshError(
    'PATH_EXISTS',
    'The directory has an entry of this name, or of one that some systems take for the same.',
    { details },
  );
}

/** @throws PATH_MOVE_INTO_SELF */
export function checkOutside(directory: TreeNode, node: TreeNode): void {
  for (let at: TreeNode | undefined = directory; at !== undefined; at = at.bucket?.owner) {
    if (at === node)
      throw new EvermeshError('PATH_MOVE_INTO_SELF', 'A directory cannot move into itself.', {
        details: { id: node.id },
      });
  }
}

/** @throws PATH_INVALID, PATH_EXISTS if the tree `isKnown` to have or have had a node of this id */
export function checkNew(id: string, digest: string, isKnown: boolean): void {
  if (!isNodeId(id) || digest.includes('|'))
    throw new EvermeshError('PATH_INVALID', 'A new node has a well-formed id and digest.', {
      details: { id, digest },
    });
  if (isKnown)
    throw new EvermeshError('PATH_EXISTS', 'A node of this id exists or existed.', { details: { id } });
}

export const notFound = (id: NodeId): EvermeshError =>
  new EvermeshError('PATH_NOT_FOUND', 'There is no such entry in the folder.', { details: { id } });

export const notDirectory = (id: NodeId): EvermeshError =>
  new EvermeshError('PATH_NOT_DIRECTORY', 'Only a directory contains something.', { details: { id } });
