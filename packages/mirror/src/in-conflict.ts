/**
 * Which files hold another content beside the one that this disk showed. Whoever removes such a file has seen one of them
 * only: that one goes, and another takes its place.
 */
import type { FolderNodes, NodeId } from '@evermesh/core';
import type { AncestorEntry } from './ancestor.ts';
import { contentDamaged } from './problem.ts';

export async function inConflict(
  nodes: Pick<FolderNodes, 'node' | 'content'>,
  entries: readonly AncestorEntry[],
): Promise<Set<NodeId>> {
  const found = new Set<NodeId>();
  for (const { id, kind, heads } of entries) {
    // Only a document that more than one author wrote can hold concurrent versions.
    if (kind === 'directory' || heads.size < 2 || nodes.node(id) === undefined) continue;
    if ((await othersOf(nodes, id)) > 0) found.add(id);
  }
  return found;
}

/** What is damaged shows nothing that could be left. */
async function othersOf(nodes: Pick<FolderNodes, 'content'>, id: NodeId): Promise<number> {
  try {
    return (await nodes.content(id))?.others.length ?? 0;
  } catch (error) {
    contentDamaged('', error);
    return 0;
  }
}
