/**
 * Which files hold another content beside the one that this disk showed. Whoever removes such a file has seen one of them
 * only: that one goes, and another takes its place.
 */
import type { FolderNodes, Heads, NodeId } from '@evermesh/core';
import type { AncestorEntry } from './ancestor.ts';
import { contentDamaged } from './problem.ts';

export async function inConflict(
  nodes: Pick<FolderNodes, 'node' | 'content'>,
  entries: readonly AncestorEntry[],
): Promise<Set<NodeId>> {
  const found = new Set<NodeId>();
  for (const { id, kind, heads } of entries) {
    // One record has no other beside it. Two of one device may: a program wrote while a save that had not seen that lay on the disk.
    if (kind === 'directory' || recordsIn(heads) < 2 || nodes.node(id) === undefined) continue;
    if ((await othersOf(nodes, id)) > 0) found.add(id);
  }
  return found;
}

const recordsIn = (heads: Heads): number => [...heads.values()].reduce((sum, counter) => sum + counter, 0);

/** What is damaged shows nothing that could be left. */
async function othersOf(nodes: Pick<FolderNodes, 'content'>, id: NodeId): Promise<number> {
  try {
    return (await nodes.content(id))?.others.length ?? 0;
  } catch (error) {
    contentDamaged('', error);
    return 0;
  }
}
