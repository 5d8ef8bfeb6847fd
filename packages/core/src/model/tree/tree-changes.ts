import type { NodeId } from '../../base/index.ts';
import { ROOT } from './node-kind.ts';
import { sameShown } from './display.ts';
import type { ShownNode } from './tree-node.ts';

export interface TreeChange {
  readonly id: NodeId;
  readonly before: ShownNode | undefined;
  readonly after: ShownNode | undefined;
}

/**
 * Net changes in an order that a projection by id can follow: what is gone first, the deepest first; then the others,
 * directories before what is in them. What leaves a directory that is gone follows in its own change.
 */
export function orderedChanges(
  before: ReadonlyMap<NodeId, ShownNode | undefined>,
  now: (id: NodeId) => ShownNode | undefined,
): TreeChange[] {
  const changes: TreeChange[] = [];
  for (const [id, was] of before) {
    const after = now(id);
    if (!sameShown(was, after)) changes.push({ id, before: was, after });
  }
  const depthNow = depths(now);
  const depthThen = depths((id) => (before.has(id) ? before.get(id) : now(id)));
  const gone = changes.filter(({ after }) => after === undefined);
  const here = changes.filter(({ after }) => after !== undefined);
  gone.sort((a, b) => depthThen(b.id) - depthThen(a.id));
  here.sort((a, b) => depthNow(a.id) - depthNow(b.id));
  return [...gone, ...here];
}

/** How deep nodes are in one state of the tree; each is asked for once. */
function depths(shown: (id: NodeId) => ShownNode | undefined): (id: NodeId) => number {
  const known = new Map<NodeId, number>([[ROOT, 0]]);
  return (id) => {
    const climbed: NodeId[] = [];
    let at: NodeId | undefined = id;
    while (at !== undefined && !known.has(at)) {
      climbed.push(at);
      at = shown(at)?.parent;
    }
    let depth = at === undefined ? 0 : (known.get(at) as number);
    for (const below of climbed.reverse()) known.set(below, ++depth);
    return depth;
  };
}
