/** Gives a peer the blobs that records name, before the records. */
import type { BlobName, FolderId } from '../base/index.ts';
import { isEvermeshError } from '../errors/index.ts';
import type { BlobStore } from '../log/index.ts';
import type { RemoteBlobs } from './transport.ts';

const PARALLEL = 4;

export interface BlobUpload {
  readonly folder: FolderId;
  readonly blobs: BlobStore;
  readonly remote: RemoteBlobs;
  readonly signal: AbortSignal;
}

/**
 * Resolves when the peer has all of them, but for those that are not here: of a record that others wrote the blob may
 * never have arrived, and the peer takes that record without it.
 * @throws what `RemoteBlobs` throws; BLOB_DAMAGED if what is here does not hash to its name
 */
export async function uploadBlobs(upload: BlobUpload, names: ReadonlySet<BlobName>): Promise<void> {
  const waiting = [...names];
  const work = async (): Promise<void> => {
    for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) await uploadBlob(upload, name);
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
}

async function uploadBlob({ folder, blobs, remote, signal }: BlobUpload, name: BlobName): Promise<void> {
  const size = await blobs.size(name);
  if (size === undefined || (await remote.has(folder, name, signal))) return;
  try {
    await remote.put(folder, name, size, blobs.read(name), signal);
  } catch (error) {
    // It was taken away while it was read: as if it had not been here.
    if (!isEvermeshError(error, 'BLOB_NOT_FOUND')) throw error;
  }
}
