/** Where a node may be put. */
import { EvermeshError } from '../../errors/index.ts';
import type { Bucket } from './bucket.ts';
import { nameKey } from './names.ts';
import type { TreeNode } from './tree-node.ts';

/** @throws PATH_EXISTS if another than `node` keeps the name from being used */
export function checkFree(
  contents: Bucket<TreeNode> | undefined,
  name: string,
  node: TreeNode | undefined,
): void {
  const holder = contents?.at(nameKey(name));
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
