/** The view of a tree, in memory: built beside its document, asked, walked, and changed. */
import { ROOT, type NodeId } from '@evermesh/core';
import type { FolderTree } from '@evermesh/core/model';
import * as Y from 'yjs';
import { type Amounts, liveBytes, type Task, type TaskOptions } from '../log/task-options.ts';
import { median, quantile } from '../measure.ts';
import { REMOVED, RENAMED } from './synthetic-tree.ts';
import { makeDocument, newTreeDocument, readPath, readUpdate, viewOf } from './tree-document.ts';

const OPERATIONS = 1000;
const RENAMES = 101;

export const VIEW_TASKS: Readonly<Record<string, Task>> = {
  'tree make': makeDocument,
  'tree view': buildView,
  'tree operations': operate,
};

/** Milliseconds, and what it answers. */
function took<T>(work: () => T): [number, T] {
  const start = performance.now();
  const answer = work();
  return [performance.now() - start, answer];
}

async function buildView(options: TaskOptions): Promise<Amounts> {
  const update = await readUpdate(options);
  const path = await readPath(options);
  const empty = liveBytes();
  const doc = newTreeDocument();
  const [apply] = took(() => Y.applyUpdate(doc, update));
  const applied = liveBytes();
  const [build, tree] = took(() => viewOf(doc));
  const built = liveBytes();
  const [ask, found] = took(() => tree.resolve(path));
  if (found === undefined) throw new Error(`There is nothing at ${path}.`);
  const [walk, count] = took(() => [...tree.nodes()].length);
  if (count !== options.nodes) throw new Error(`There are ${count} nodes.`);
  const walked = liveBytes();
  // It is asked last: until here it is alive.
  if (tree.children(ROOT).length === 0) throw new Error('The tree is empty.');
  return {
    apply,
    applyBytes: applied - empty,
    build,
    buildBytes: built - applied,
    ask: build + ask,
    walk: build + ask + walk,
    walkBytes: walked - applied,
  };
}

/** Every operation with what a folder asks of the view after it: what changed. */
async function operate(options: TaskOptions): Promise<Amounts> {
  const update = await readUpdate(options);
  const [author, reader] = [newTreeDocument(), newTreeDocument()];
  for (const doc of [author, reader]) Y.applyUpdate(doc, update);
  const local = viewOf(author, 'bbbbbbbbbb');
  const remote = viewOf(reader);
  const sent: Uint8Array[] = [];
  author.on('update', (each: Uint8Array) => sent.push(each));

  const directories = [...local.nodes()].filter(({ kind }) => kind === 'directory').map(({ id }) => id);
  const pair = (work: () => void): { here: number; there: number; bytes: number } => {
    const [here] = took(() => (work(), local.takeChanges()));
    const bytes = sent.reduce((sum, each) => sum + each.byteLength, 0);
    const [there] = took(() => {
      for (const each of sent) Y.applyUpdate(reader, each);
      return remote.takeChanges();
    });
    sent.length = 0;
    return { here, there, bytes };
  };
  const renamed = idOf(local, RENAMED);
  const renaming = (i: number): ReturnType<typeof pair> =>
    pair(() => local.place(renamed, ROOT, `${RENAMED} ${i}`));
  const first = renaming(0);
  const renames = Array.from({ length: RENAMES }, (_, i) => renaming(i + 1));

  const any = (i: number): NodeId => directories[(i * 7919) % directories.length] as NodeId;
  const series = (name: string): ReturnType<typeof pair>[] => {
    const made: NodeId[] = [];
    return Array.from({ length: OPERATIONS }, (_, i) =>
      pair(() => {
        const id = made[i - 3];
        if (i % 3 === 0 || id === undefined)
          made[i] = local.create({ parent: any(i), name: `${name} ${i}`, kind: 'file', digest: '' });
        else if (i % 3 === 1)
          local.place(made[i - 1]!, local.node(made[i - 1]!)!.parent, `${name} ${i}, renamed`);
        else local.place(made[i - 2]!, any(i), `${name} ${i}, moved`);
      }),
    );
  };
  const single = series('new');
  // The same directories once more: by now the reader has looked at all of them.
  const again = series('newer').map((each) => each.there);
  const descendants = local.descendants(idOf(local, REMOVED));
  const removal = pair(() => local.remove(descendants));
  const here = single.map((each) => each.here);
  const there = single.map((each) => each.there);
  return {
    local: median(here),
    localP99: quantile(here, 0.99),
    remote: median(there),
    remoteP99: quantile(there, 0.99),
    remoteAgain: median(again),
    remoteAgainP99: quantile(again, 0.99),
    renameFirst: first.there,
    rename: median(renames.map((each) => each.here)),
    renameRemote: median(renames.map((each) => each.there)),
    renameBytes: median(renames.map((each) => each.bytes)),
    remove: removal.here,
    removeRemote: removal.there,
    removeBytes: removal.bytes / descendants.length,
  };
}

function idOf(tree: FolderTree, name: string): NodeId {
  const node = tree.child(ROOT, name);
  if (node === undefined) throw new Error(`There is no ${name}.`);
  return node.id;
}
