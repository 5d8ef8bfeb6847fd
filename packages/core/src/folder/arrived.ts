/** Whether what a file holds is here, so that it may be read and written. */
import type * as Y from 'yjs';
import { documentOf } from '../base/index.ts';
import { hasFirstContent, isWhole, type ShownNode } from '../model/index.ts';
import { covers } from '../protocol/index.ts';
import type { FolderState } from './folder-state.ts';

/**
 * Its first content has to be here. If something here builds on what is not, that is waited for as long as a peer owes it. Once nobody
 * does, it may be gone for ever, and the file would be, too: what is here is shown. A save over that deletes only what it was shown,
 * and what was not appears when what it builds on comes after all.
 */
export function hasArrived(
  state: FolderState,
  { id, digest }: Pick<ShownNode, 'id' | 'digest'>,
  doc: Y.Doc,
): boolean {
  // On its way it is here in a moment. What may be left is not taken for empty as long as that.
  if (state.bodies.policy !== 'all' && isNowhere(state, { id, digest })) return false;
  return hasFirstContent(doc, digest) && (digest === '' || isWhole(doc) || !isAwaited(state, id));
}

/** Whether a file holds something, as far as is known, and nothing of that is here. */
export function isNowhere(state: FolderState, { id, digest }: Pick<ShownNode, 'id' | 'digest'>): boolean {
  if (state.log.assignedHeads(documentOf(id)).size > 0) return false;
  return digest !== '' || isAwaited(state, id);
}

/** Whether a peer told of more than is durable here. What was written here is no peer's, durable or not. */
export function isAwaited(state: FolderState, id: ShownNode['id']): boolean {
  const document = documentOf(id);
  return !covers(state.documents.heldHeads(document), state.seenHeads(document));
}
