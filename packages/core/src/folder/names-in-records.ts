/** What stands in records for the contents that operations write: found before, since the operations are done in one turn. */
import type * as Y from 'yjs';
import type { BlobName } from '../base/index.ts';
import { EvermeshError } from '../errors/index.ts';
import type { Contents } from '../log/index.ts';
import { readFile } from '../model/index.ts';
import type { FolderState } from './folder-state.ts';
import type { NodeOperation } from './nodes.ts';

/** By content. */
export type NamesInRecords = ReadonlyMap<BlobName, BlobName>;

/**
 * Of what is written, and of what is shown where something else is removed, or not chosen.
 * @throws BLOB_NOT_FOUND if what is written is not here: others would wait for it for ever
 */
export async function namesInRecords(
  { options: { contents } }: FolderState,
  operations: readonly NodeOperation[],
  living: ReadonlyMap<NodeOperation, Y.Doc>,
): Promise<NamesInRecords> {
  const names = new Map<BlobName, BlobName>();
  for (const operation of operations) {
    const shows = operation.type === 'removeShown' || operation.type === 'resolve';
    const doc = shows ? living.get(operation) : undefined;
    const content = 'content' in operation ? operation.content : undefined;
    const written = content?.kind === 'blob' ? [content.name] : [];
    for (const name of written) await checkStored(contents, name);
    for (const name of doc === undefined ? written : readFile(doc).blobs)
      names.set(name, await contents.nameInRecords(name));
  }
  return names;
}

/** Who stored it long ago, and named it nowhere, has it no more. */
async function checkStored(contents: Contents, name: BlobName): Promise<void> {
  if ((await contents.size(name)) !== undefined) return;
  throw new EvermeshError('BLOB_NOT_FOUND', `Content ${name} is not here. Write it to the blobs first.`, {
    details: { name },
  });
}
