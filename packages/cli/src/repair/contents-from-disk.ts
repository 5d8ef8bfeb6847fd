/** Contents that are not in the data directory any more, and that the mirrored directory shows: they may be nowhere else. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileBlobs } from '@evermesh/adapters/blob-files';
import { levelStore } from '@evermesh/adapters/level';
import { type FolderId, openReplica } from '@evermesh/core';
import type { BlobName } from '@evermesh/core/base';
import type { Settings } from '../settings.ts';
import type { RepairPlace } from './repair-place.ts';

/** @param missing what records name and is not here: with nothing of that there is nothing to look for */
export async function takeContentsFromDisk(
  place: RepairPlace,
  folder: FolderId,
  missing: ReadonlySet<BlobName>,
  { directory }: Pick<Settings, 'directory'>,
): Promise<void> {
  if (missing.size === 0) return;
  await using replica = await openReplica({
    store: levelStore(place.store),
    blobs: fileBlobs(join(place.data, 'blobs')),
    history: 'everything',
  });
  const { nodes, blobs } = await replica.folder(folder);
  for (const { id, kind } of nodes.all()) {
    if (kind !== 'file' || (await nodes.content(id)) !== undefined) continue;
    const file = join(directory, nodes.pathOf(id));
    const name = await hashOf(file);
    // What is missing of a content in chunks goes by other names than its own.
    if (name !== undefined) await blobs.write(createReadStream(file), name);
  }
}

/** Of a file that is there and can be read. */
async function hashOf(file: string): Promise<BlobName | undefined> {
  try {
    if (!(await lstat(file)).isFile()) return undefined;
    const hash = createHash('sha256');
    for await (const piece of createReadStream(file) as AsyncIterable<Uint8Array>) hash.update(piece);
    return hash.digest('hex') as BlobName;
  } catch {
    return undefined;
  }
}
