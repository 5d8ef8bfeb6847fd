/** Files of which something stays on this device because the relay has no room for it, by name. */
import type { Folder } from '@evermesh/core';
import { isNodeId } from '@evermesh/core/base';
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

/** Tells each of them once, when it begins to wait. @returns ends the telling */
export function tellWithheld(
  link: Held & Pick<LinkWatch, 'changed'>,
  folder: Pick<Folder, 'nodes'>,
  tell: (event: CliEvent) => void,
): () => void {
  let told = new Set<string>();
  const look = (): void => {
    const problems = withheldFiles(link, folder);
    for (const problem of problems) if (!told.has(problem.path)) tell({ event: 'problem', ...problem });
    told = new Set(problems.map(({ path }) => path));
  };
  const stop = link.changed.add(look);
  look();
  return stop;
}

/** What is no file is named as it is: the folder's names and places, or a program's own data. */
function pathOf(document: string, { nodes }: Pick<Folder, 'nodes'>): string {
  if (!isNodeId(document) || nodes.node(document) === undefined) return document;
  return nodes.pathOf(document);
}
