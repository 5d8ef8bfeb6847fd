/**
 * What was done to a folder's tree, told by going through it once more, step by step. It is told as it looked here: a file that one
 * device removed and that lives, because another had written to it unseen, was removed and edited.
 */
import { newNodeId, type NodeId, TREE_DOCUMENT } from '../../base/index.ts';
import type { HistoryStep } from '../../log/index.ts';
import { FolderTree, ROOT, type ShownNode, type TreeChange } from '../../model/index.ts';
import { NO_HEADS } from '../../protocol/index.ts';
import type { FolderState } from '../folder-state.ts';
import { deviceIn } from './grouped-steps.ts';
import type { PastChange } from './past-change.ts';

/** In the order in which it arrived here. What arrived as a state was done by several at several times, and is not told. */
export async function* pastTreeChanges(state: FolderState): AsyncGenerator<PastChange> {
  await state.live.settled(TREE_DOCUMENT);
  const { random } = state.options;
  let tree: FolderTree | undefined;
  const steps = state.documents.replay(TREE_DOCUMENT, fromNothing(state.log.read.history(TREE_DOCUMENT)));
  for await (const { doc, step } of steps) {
    tree ??= new FolderTree(doc, {
      tag: state.tag,
      newNodeId: () => newNodeId(random),
      documentHeads: () => NO_HEADS,
    });
    const changes = tree.takeChanges();
    if (step.updates.some(({ kind }) => kind === 'snapshot')) continue;
    const by = { ...(step.time === 0 ? {} : { time: step.time }), device: deviceIn(step) };
    for (const change of described(changes, tree)) yield { ...change, ...by };
  }
}

/** The tree is followed from before its first step. */
async function* fromNothing(steps: AsyncIterable<HistoryStep>): AsyncGenerator<HistoryStep> {
  yield { heads: NO_HEADS, brings: NO_HEADS, time: 0, updates: [] };
  yield* steps;
}

function* described(changes: readonly TreeChange[], tree: FolderTree): Generator<PastChange> {
  const then = new Map(changes.map(({ id, before }) => [id, before]));
  const wasAt = (id: NodeId): string =>
    placeOf(id, (each) => (then.has(each) ? then.get(each) : tree.node(each)));
  for (const { id, before, after } of changes) {
    if (before === undefined && after !== undefined) {
      const type = tree.wasRemoved(id) ? 'revived' : 'created';
      // A directory comes back with all that is in it.
      if (type === 'created' || then.get(after.parent) !== undefined || !then.has(after.parent))
        yield { type, id, path: tree.pathOf(id) };
    } else if (before !== undefined && after === undefined) {
      // And goes so.
      if (tree.node(before.parent) !== undefined || before.parent === ROOT)
        yield { type: 'removed', id, path: wasAt(id) };
    } else if (before !== undefined && after !== undefined) {
      if (before.parent === after.parent && before.name === after.name) continue;
      const type = before.parent === after.parent ? 'renamed' : 'moved';
      yield { type, id, path: tree.pathOf(id), from: wasAt(id) };
    }
  }
}

function placeOf(id: NodeId, shown: (id: NodeId) => ShownNode | undefined): string {
  const names: string[] = [];
  for (let at = shown(id); at !== undefined; at = shown(at.parent)) names.push(at.name);
  return names.reverse().join('/');
}
