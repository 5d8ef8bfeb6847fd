/**
 * Gives a peer a content in chunks: of each list in its manifest only what the peer lacks, and what lists it only once that is
 * there. So whoever has a node has all that is below it, and an upload that broke off goes on where it did.
 */
import type { BlobName } from '../base/index.ts';
import { isEvermeshError } from '../errors/index.ts';
import { inGroups, listed } from '../log/index.ts';
import type { Manifest, ManifestEntry } from '../protocol/index.ts';
import type { BlobUpload, UploadBatch } from './upload-batch.ts';

/** What is missing or damaged here stays away, and all that lists it: others may have it. */
export async function uploadContent(
  upload: BlobUpload,
  batch: UploadBatch,
  root: BlobName,
  { level, entries }: Manifest,
): Promise<void> {
  const { remote, folder, signal } = upload;
  if ((await remote.lacking(folder, [root], signal)).length === 0) return;
  if (await addLacking(upload, batch, entries, level)) await add(batch, root);
}

/** Whether all of them are at the peer, or in the batch. */
async function addLacking(
  upload: BlobUpload,
  batch: UploadBatch,
  entries: readonly ManifestEntry[],
  level: number,
): Promise<boolean> {
  const { remote, folder, signal, contents } = upload;
  const names = new Set(entries.map(({ name }) => name));
  const lacking = new Set(await remote.lacking(folder, [...names], signal));
  let isWhole = true;
  if (level === 0) {
    for (const name of lacking) if (!(await add(batch, name))) isWhole = false;
    return isWhole;
  }
  for (const nodes of inGroups(entries.filter(({ name }) => lacking.has(name)))) {
    const below = await listed(nodes, level, contents.source).catch(passOverLost);
    // Which of them is damaged, and is to be had anew, is told where each is read by itself.
    if (below === undefined) for (const { name } of nodes) await batch.read(name);
    const isBelow = below !== undefined && (await addLacking(upload, batch, below, level - 1));
    for (const { name } of nodes) if (!isBelow || !(await add(batch, name))) isWhole = false;
  }
  return isWhole;
}

function passOverLost(error: unknown): undefined {
  if (!isEvermeshError(error, 'BLOB_DAMAGED') && !isEvermeshError(error, 'BLOB_NOT_FOUND')) throw error;
}

async function add(batch: UploadBatch, name: BlobName): Promise<boolean> {
  const bytes = await batch.read(name);
  if (bytes === undefined) return false;
  await batch.add({ name, size: bytes.byteLength, bytes });
  return true;
}
