/** Gives a peer the blobs that records name, before the records: small ones many at a time, each larger one by itself. */
import type { BlobName } from '../base/index.ts';
import { decodeManifest, LIMITS } from '../protocol/index.ts';
import { uploadContent } from './content-upload.ts';
import { type BlobUpload, passOver, UploadBatch } from './upload-batch.ts';

/** Large blobs that are on their way at one time. */
const PARALLEL = 4;

/**
 * Resolves when the peer has all of them, but for those that are not here, or damaged: of a record that others wrote the blob
 * may never have arrived, and the peer takes that record without it. With the manifest of a content goes what the peer lacks of that.
 * @throws what `RemoteBlobs` throws, and what reading the blobs here does
 */
export async function uploadBlobs(upload: BlobUpload, names: ReadonlySet<BlobName>): Promise<void> {
  const large: BlobName[] = [];
  const batch = new UploadBatch(upload);
  for (const name of names) {
    const size = await upload.contents.size(name);
    if (size === undefined) continue;
    if (size > LIMITS.smallBlobBytes) {
      large.push(name);
      continue;
    }
    const bytes = await batch.read(name);
    const manifest = bytes && decodeManifest(bytes);
    if (manifest !== undefined) await uploadContent(upload, batch, name, manifest);
    else if (bytes !== undefined) await batch.add({ name, size, bytes });
  }
  await batch.send();
  const work = async (): Promise<void> => {
    for (let name = large.pop(); name !== undefined; name = large.pop()) await uploadLarge(upload, name);
  };
  // Where one fails the others begin nothing more; whoever tries again finds none of them at work.
  const failed = (error: unknown): never => {
    large.length = 0;
    throw error;
  };
  const ends = await Promise.allSettled(Array.from({ length: PARALLEL }, () => work().catch(failed)));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}

async function uploadLarge(upload: BlobUpload, name: BlobName): Promise<void> {
  const { folder, contents, remote, signal } = upload;
  const size = await contents.size(name);
  if (size === undefined || (await remote.has(folder, name, signal))) return;
  const reading: Reading = {};
  try {
    await remote.put(folder, name, size, noting(contents.read(name), reading), signal);
  } catch (error) {
    if (reading.failure === undefined) throw error;
    passOver(upload, name, reading.failure);
  }
}

/** A request only tells that it broke off: whether it was this side that could not go on is noted here. */
interface Reading {
  failure?: unknown;
}

async function* noting(pieces: AsyncIterable<Uint8Array>, reading: Reading): AsyncGenerator<Uint8Array> {
  try {
    yield* pieces;
  } catch (error) {
    reading.failure = error;
    throw error;
  }
}
