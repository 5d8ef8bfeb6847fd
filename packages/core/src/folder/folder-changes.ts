/** What happened in a folder, told by path, as people and programs want to hear it. */
import { type DeviceId, documentOf, type NodeId, TREE_DOCUMENT } from '../base/index.ts';
import type { FolderTree } from '../model/index.ts';
import { type ChangeStep, inOrder } from './change-order.ts';
import type { ViewStep } from './folder-state.ts';

export interface FolderChange {
  readonly origin: 'local' | 'remote';
  /** The device whose records brought it; none where records of several came at once, or what changed was only told of. */
  readonly device?: DeviceId;
  /**
   * `revived`: it was removed once, and is there again. `renamed`: moved within its directory. `edited`: its content changed, or came.
   */
  readonly type: 'created' | 'revived' | 'edited' | 'moved' | 'renamed' | 'removed';
  readonly id: NodeId;
  /** Where it is after this change; where it was, if it was removed. */
  readonly path: string;
  /** Where a moved or renamed node was before this change. */
  readonly from?: string;
  /**
   * The path is only for now: another takes the name that the node had, and a later change of the same step takes the node where it
   * goes. The name begins with `.evermesh-aside-`.
   */
  readonly aside?: boolean;
}

export function describeStep(step: ViewStep, tree: FolderTree): FolderChange[] {
  const { origin, tree: changes, edited } = step;
  const by = (id: NodeId): { device?: DeviceId } => {
    const device = authorOf(step, id);
    return device === undefined ? {} : { device };
  };
  const described = inOrder(changes, tree).map(({ type, id, path, from, isAside }): FolderChange => ({
    origin,
    ...by(id),
    type: typeOf(type, path, from, () => tree.wasRemoved(id)),
    id,
    path,
    ...(from === undefined ? {} : { from }),
    ...(isAside === true ? { aside: true } : {}),
  }));
  const created = new Set(changes.filter(({ before }) => before === undefined).map(({ id }) => id));
  const edits = edited
    .filter((id) => !created.has(id))
    .map((id): FolderChange => ({ origin, ...by(id), type: 'edited', id, path: tree.pathOf(id) }));
  return [...described, ...edits];
}

function typeOf(
  type: ChangeStep['type'],
  path: string,
  from: string | undefined,
  wasRemoved: () => boolean,
): FolderChange['type'] {
  if (type === 'goes') return 'removed';
  if (type === 'appears') return wasRemoved() ? 'revived' : 'created';
  return directoryOf(path) === directoryOf(from ?? '') ? 'renamed' : 'moved';
}

const directoryOf = (path: string): string => path.slice(0, Math.max(path.lastIndexOf('/'), 0));

/** The only device of which the step has records of the tree or of this node's document. */
function authorOf({ devices }: ViewStep, id: NodeId): DeviceId | undefined {
  const all = new Set(
    [TREE_DOCUMENT, documentOf(id)].flatMap((document) => [...(devices.get(document) ?? [])]),
  );
  const [device] = all;
  return all.size === 1 ? device : undefined;
}
