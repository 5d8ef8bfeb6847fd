/** A tree's document as one update, made once and read by every measurement. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NodeId } from '@evermesh/core';
import { newNodeId, random53, systemRandom, TREE_DOCUMENT } from '@evermesh/core/base';
import { FolderTree, newDocument } from '@evermesh/core/model';
import { NO_HEADS } from '@evermesh/core/protocol';
import * as Y from 'yjs';
import type { Amounts, TaskOptions } from '../log/task-options.ts';
import { syntheticTree } from './synthetic-tree.ts';

export const newTreeDocument = (): Y.Doc => newDocument(TREE_DOCUMENT, random53(systemRandom), true);

export const viewOf = (doc: Y.Doc, tag = 'aaaaaaaaaa'): FolderTree =>
  new FolderTree(doc, {
    tag,
    newNodeId: () => newNodeId(systemRandom),
    documentHeads: () => NO_HEADS,
  });

const updateIn = ({ directory }: TaskOptions): string => join(directory, 'update');

export const readUpdate = (options: TaskOptions): Promise<Uint8Array> => readFile(updateIn(options));

/** Of the file that was made last, deep in the tree. */
export const readPath = ({ directory }: TaskOptions): Promise<string> =>
  readFile(join(directory, 'path'), 'utf8');

export async function makeDocument(options: TaskOptions): Promise<Amounts> {
  const doc = newTreeDocument();
  const tree = viewOf(doc);
  let last = '' as NodeId;
  doc.transact(() => {
    for (const node of syntheticTree(options.nodes)) {
      tree.create(node);
      if (node.kind === 'file') last = node.id;
    }
  });
  const update = Y.encodeStateAsUpdate(doc);
  await writeFile(updateIn(options), update);
  await writeFile(join(options.directory, 'path'), tree.pathOf(last));
  return { v1: update.byteLength, v2: Y.encodeStateAsUpdateV2(doc).byteLength };
}
