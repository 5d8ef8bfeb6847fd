/** What is kept twice in a folder, because nobody but a person can say which of the two is meant. */
import { isEvermeshError } from '../errors/index.ts';
import type { FileContent, ShownNode } from '../model/index.ts';
import type { FolderNodes } from './nodes.ts';

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

export async function conflictsIn(nodes: FolderNodes): Promise<Conflict[]> {
  const found: Conflict[] = nodes
    .nameConflicts()
    .map(({ id, ownName }) => ({ path: nodes.pathOf(id), id, kind: 'name', ownName }));
  for (const node of nodes.all()) {
    // Only a document that more than one author wrote can hold concurrent versions.
    if (node.kind === 'directory' || nodes.headsOf(node.id).size < 2) continue;
    const content = await nodes.content(node.id).catch(passOverDamage);
    if (content === undefined || content.others.length === 0) continue;
    found.push({ path: nodes.pathOf(node.id), id: node.id, kind: 'content', others: content.others });
  }
  return found;
}

/** Versions that nobody can read are nothing to choose from; whoever reads the file learns why. */
function passOverDamage(error: unknown): undefined {
  if (!isEvermeshError(error, 'STORE_CORRUPT')) throw error;
}
