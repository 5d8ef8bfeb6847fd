/** What happened in a folder, told by path, as people and programs want to hear it. */
import type { NodeId } from '../base/index.ts';
import type { FolderTree, ShownNode, TreeChange } from '../model/index.ts';
import type { ViewStep } from './folder-state.ts';

export interface FolderChange {
  readonly origin: 'local' | 'remote';
  readonly type: 'created' | 'edited' | 'moved' | 'removed';
  readonly id: NodeId;
  /** Where it is now; where it was, if it was removed. */
  readonly path: string;
  /** Where a moved node was. */
  readonly from?: string;
}

export function describeStep({ origin, tree: changes, edited }: ViewStep, tree: FolderTree): FolderChange[] {
  const described = changes.map((change): FolderChange | undefined => {
    const { id, before, after } = change;
    if (after === undefined)
      return before && { origin, type: 'removed', id, path: pathBefore(before, changes, tree) };
    if (before === undefined) return { origin, type: 'created', id, path: tree.pathOf(id) };
    if (before.parent === after.parent && before.name === after.name) return undefined;
    return { origin, type: 'moved', id, path: tree.pathOf(id), from: pathBefore(before, changes, tree) };
  });
  const created = new Set(changes.filter(({ before }) => before === undefined).map(({ id }) => id));
  const edits = edited
    .filter((id) => !created.has(id))
    .map((id): FolderChange => ({ origin, type: 'edited', id, path: tree.pathOf(id) }));
  return [...described.filter((change) => change !== undefined), ...edits];
}

/** A path is put together from where its directories were, not from where they are. */
function pathBefore(node: ShownNode, changes: readonly TreeChange[], tree: FolderTree): string {
  const moved = new Map(changes.map(({ id, before }) => [id, before]));
  const names = [node.name];
  let parent = node.parent;
  for (
    let above = moved.get(parent) ?? tree.node(parent);
    above !== undefined;
    above = moved.get(parent) ?? tree.node(parent)
  ) {
    names.unshift(above.name);
    parent = above.parent;
  }
  return names.join('/');
}
