/** Where a node may be put. */
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
