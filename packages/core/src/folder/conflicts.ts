/** What is kept twice in a folder, because nobody but a person can say which of the two is meant. */
import { documentOf, type NodeId } from '../base/index.ts';
import { isEvermeshError } from '../errors/index.ts';
import { type FileContent, readFile, type ShownNode } from '../model/index.ts';
import { hasArrived } from './arrived.ts';
import type { FolderState } from './folder-state.ts';

/** Two versions of one thing, both kept; a person may choose. */
export interface Conflict {
  readonly path: string;
  readonly id: ShownNode['id'];
  /** `name`: shown under another name than its own. `content`: other contents are kept beside the shown one. */
  readonly kind: 'name' | 'content';
  /** The name it was given, for `name`. */
  readonly ownName?: string;
  /** The contents that are not shown, for `content`. */
  readonly others?: readonly { readonly id: string; readonly content: FileContent }[];
}

/** The contents themselves need not be here. */
export async function conflictsIn(state: FolderState): Promise<Conflict[]> {
  const { log, tree } = state;
  const found: Conflict[] = tree
    .nameConflicts()
    .map(({ id, ownName }) => ({ path: tree.pathOf(id), id, kind: 'name', ownName }));
  for (const { id, kind } of [...tree.nodes()]) {
    // Only a document that more than one author wrote can hold concurrent versions.
    if (kind === 'directory' || (log.document(documentOf(id))?.heads.size ?? 0) < 2) continue;
    const others = await othersOf(state, id).catch(passOverDamage);
    if (others !== undefined && others.length > 0)
      found.push({ path: tree.pathOf(id), id, kind: 'content', others });
  }
  return found;
}

async function othersOf(state: FolderState, id: NodeId): Promise<Conflict['others']> {
  const doc = await state.documents.newest(documentOf(id));
  const node = state.tree.node(id);
  return node !== undefined && hasArrived(state, node, doc) ? readFile(doc).others : undefined;
}

/** Versions that nobody can read are nothing to choose from; whoever reads the file learns why. */
function passOverDamage(error: unknown): undefined {
  if (!isEvermeshError(error, 'STORE_CORRUPT')) throw error;
}
