/** What was removed and is gone, and with what: whatever one operation removed together with a directory would come back with it. */
import type { NodeId } from '../../base/index.ts';
import type { NodeKind } from './node-kind.ts';
import { compareStamps, type Stamp } from './stamp.ts';
import { operationIn } from './tree-maps.ts';
import type { ShownNode, TreeNode } from './tree-node.ts';
import type { TreeView } from './tree-view.ts';

export interface GoneNode {
  readonly id: NodeId;
  readonly kind: NodeKind;
  /** Where it was, as far as what is above it is still known. */
  readonly path: string;
  readonly executable: boolean;
  /** Of the first content; empty if it began empty. */
  readonly digest: string;
  /** Names the operation that removed it: the key of its register. */
  readonly operation: string;
  /** Ten hexadecimal digits of the run that did it. */
  readonly tag: string;
  /** The topmost directory that went with it by the same operation and is gone, too; itself, if there is none. */
  readonly top: NodeId;
}

/** What is gone, the last removed first. */
export function goneNodes(view: TreeView): GoneNode[] {
  view.refresh();
  const operations = new Map<TreeNode, Gone>();
  const keys = keysOfParts(view);
  for (const node of view.reader.nodes.values()) {
    const gone = node.created === undefined || node.visible ? undefined : lastOf(view, node, keys);
    if (gone !== undefined) operations.set(node, gone);
  }
  const topOf = topmost(operations);
  return [...operations]
    .toSorted(([a, one], [b, other]) => compareStamps(other.stamp, one.stamp) || (a.id < b.id ? -1 : 1))
    .map(([node, { operation, stamp }]) => ({
      id: node.id,
      kind: node.created?.kind ?? 'file',
      path: pathOf(view, node),
      executable: node.executable,
      digest: node.created?.digest ?? '',
      operation,
      tag: stamp.tag,
      top: topOf(node).id,
    }));
}

interface Gone {
  readonly operation: string;
  readonly stamp: Stamp;
}

function keysOfParts({ reader }: TreeView): Map<object, string> {
  const keys = new Map<object, string>();
  for (const [operation, parts] of reader.removals.operations)
    for (const part of parts) keys.set(part, operation);
  return keys;
}

/** The last operation of those by which it is gone. */
function lastOf({ liveness }: TreeView, node: TreeNode, keys: ReadonlyMap<object, string>): Gone | undefined {
  let last: Gone | undefined;
  for (const reason of liveness.goneBy(node)) {
    const operation = 'part' in reason ? keys.get(reason.part) : reason.operation;
    const stamp = operation === undefined ? undefined : operationIn(operation);
    if (operation === undefined || stamp === undefined) continue;
    if (last === undefined || compareStamps(stamp, last.stamp) > 0) last = { operation, stamp };
  }
  return last;
}

/** For each node the topmost that the same operation removed and that it is in. Not recursive: a peer may nest without end. */
function topmost(gone: ReadonlyMap<TreeNode, Gone>): (node: TreeNode) => TreeNode {
  const known = new Map<TreeNode, TreeNode>();
  return (start) => {
    const climbed: TreeNode[] = [];
    let at = start;
    let top = known.get(at);
    while (top === undefined) {
      climbed.push(at);
      const above = at.parent;
      if (above === undefined || gone.get(above)?.operation !== gone.get(at)?.operation) top = at;
      else {
        at = above;
        top = known.get(at);
      }
    }
    for (const node of climbed) known.set(node, top);
    return top;
  };
}

function pathOf(view: TreeView, node: TreeNode): string {
  const names: string[] = [];
  const seen = new Set<TreeNode>();
  for (let at: TreeNode | undefined = node; at !== undefined && at !== view.root && !seen.has(at);) {
    seen.add(at);
    const shown: ShownNode | undefined = at.primary.shown;
    names.push(shown?.name ?? at.ownName);
    at = shown === undefined ? at.parent : view.parentOf(shown);
  }
  return names.reverse().join('/');
}
