/** Files of which something stays on this device because the relay has no room for it, by name. */
import type { DocumentId, Folder } from '@evermesh/core';
import { isNodeId, TREE_DOCUMENT } from '@evermesh/core/base';
import type { CliEvent } from './events.ts';
import type { LinkWatch } from './link-watch.ts';
import { explain } from './next-steps.ts';
import type { ProblemReport } from './reports.ts';
import { plural } from './words.ts';

type Held = Pick<LinkWatch, 'withheld'>;

/** A full relay may have no room for thousands: more names would tell nobody anything. */
const NAMED = 20;

export function withheldFiles({ withheld }: Held, folder: Pick<Folder, 'nodes'>): ProblemReport[] {
  const { documents, why } = withheld;
  if (why === undefined) return [];
  const { code, message, next } = explain(why);
  const problem = (path: string): ProblemReport => ({ path, code, message, next });
  const paths = documents.map((document) => pathOf(document, folder)).sort();
  const further = paths.length - NAMED;
  const rest = problem(`... and ${plural(further, 'further file')}`);
  return [...paths.slice(0, NAMED).map(problem), ...(further > 0 ? [rest] : [])];
}

/**
 * Tells each of them when it begins to wait, and of very many that there are more; nothing twice before all was stored: each look for
 * room, and each new connection, finds them anew. @returns ends the telling
 */
export function tellWithheld(
  link: Held & Pick<LinkWatch, 'changed' | 'isSynced'>,
  folder: Pick<Folder, 'nodes'>,
  tell: (event: CliEvent) => void,
): () => void {
  const told = new Set<DocumentId>();
  let isMore = false;
  const look = (): void => {
    if (link.isSynced) {
      told.clear();
      isMore = false;
    }
    const { documents, why } = link.withheld;
    if (why === undefined || isMore) return;
    const { code, message, next } = explain(why);
    for (const document of documents) {
      if (told.has(document)) continue;
      isMore = told.size === NAMED;
      const path = isMore ? '... and further files' : pathOf(document, folder);
      tell({ event: 'problem', path, code, message, next });
      if (isMore) return;
      told.add(document);
    }
  };
  const stop = link.changed.add(look);
  look();
  return stop;
}

/** What is no file is named as `verify` names it: the folder's names and places, or a program's own data. */
function pathOf(document: DocumentId, { nodes }: Pick<Folder, 'nodes'>): string {
  if (document === TREE_DOCUMENT) return 'the tree';
  if (!isNodeId(document) || nodes.node(document) === undefined) return `document ${document}`;
  return nodes.pathOf(document);
}
