/** The same tree as a folder of a replica on LevelDB: opened by a fresh process, until the first path is answered. */
import { join } from 'node:path';
import { levelStore } from '@evermesh/adapters/level';
import { openReplica, type NodeOperation } from '@evermesh/core';
import type { Amounts, Task, TaskOptions } from '../log/task-options.ts';
import { syntheticTree } from './synthetic-tree.ts';
import { readPath } from './tree-document.ts';

/** Nodes made with one call. */
const AT_ONCE = 1000;

export const FOLDER_TASKS: Readonly<Record<string, Task>> = {
  'tree folder': makeFolder,
  'tree open': openFolder,
};

const storeIn = ({ directory }: TaskOptions): ReturnType<typeof levelStore> =>
  levelStore(join(directory, 'store'));

async function makeFolder(options: TaskOptions): Promise<Amounts> {
  const replica = await openReplica({ store: storeIn(options) });
  const { nodes } = await replica.createFolder({ name: 'synthetic' });
  let operations: NodeOperation[] = [];
  for (const node of syntheticTree(options.nodes)) {
    // Of a file nothing is here but that it was made: its content would be a document of its own.
    operations.push({ type: 'create', ...node });
    if (operations.length < AT_ONCE) continue;
    await nodes.apply(operations);
    operations = [];
  }
  await nodes.apply(operations);
  await replica.close();
  return {};
}

async function openFolder(options: TaskOptions): Promise<Amounts> {
  const path = await readPath(options);
  const start = performance.now();
  const replica = await openReplica({ store: storeIn(options) });
  const opened = performance.now() - start;
  const folder = await replica.folder(replica.folders()[0]!.id);
  const { kind } = await folder.stat(path);
  const answered = performance.now() - start;
  if (kind !== 'file') throw new Error(`There is no file at ${path}.`);
  await replica.close();
  return { opened, answered };
}
