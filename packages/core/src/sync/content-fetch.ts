/**
 * Fetches what is missing here of a content in chunks. Chunks are durable a few megabytes at a time, and what is here is not
 * asked for: a fetch that broke off goes on where it did.
 */
import { type BlobName, type FolderId, sha256, toHex } from '../base/index.ts';
import { EvermeshError, isEvermeshError } from '../errors/index.ts';
import { type Contents, walkManifest } from '../log/index.ts';
import type { Manifest, SmallBlob } from '../protocol/index.ts';
import type { RemoteBlobs } from './transport.ts';

/** Bytes of chunks that are held until they are stored together. */
const HELD_BYTES = 4 * 1024 * 1024;
/** A chunk that lies here damaged is only found when the whole is read. */
const ATTEMPTS = 2;

export interface ContentFetch {
  readonly folder: FolderId;
  readonly contents: Contents;
  readonly remote: RemoteBlobs;
  readonly signal: AbortSignal;
}

/**
 * Resolves when all of it is here, durable, and was found to be what the manifest says.
 * @throws BLOB_NOT_FOUND if the peer lacks some of it; BLOB_DAMAGED; what `RemoteBlobs` throws
 */
export async function fetchContent(fetch: ContentFetch, root: BlobName, manifest: Manifest): Promise<void> {
  const { contents } = fetch;
  const need = async (entries: Manifest['entries'], level: number): Promise<void> => {
    const names = await lackingOf(contents, entries);
    if (names.size > 0) await fetchBlobs(fetch, names, level);
  };
  for (let attempt = 1; ; attempt++) {
    for await (const _ of walkManifest(manifest, { need, node: contents.source.node }));
    try {
      return await contents.complete(root, manifest);
    } catch (error) {
      const isOfChunk =
        isEvermeshError(error, 'BLOB_DAMAGED') && error.details['name'] !== manifest.content.name;
      if (attempt === ATTEMPTS || !isOfChunk) throw error;
    }
  }
}

async function lackingOf({ blobs }: Contents, entries: Manifest['entries']): Promise<Set<BlobName>> {
  const sizes = await Promise.all(entries.map(({ name }) => blobs.size(name)));
  return new Set(entries.flatMap(({ name }, i) => (sizes[i] === undefined ? [name] : [])));
}

async function fetchBlobs(
  { folder, contents, remote, signal }: ContentFetch,
  names: ReadonlySet<BlobName>,
  level: number,
): Promise<void> {
  const awaited = new Set(names);
  let held: SmallBlob[] = [];
  let bytes = 0;
  const keep = async (): Promise<void> => {
    const kept = held;
    [held, bytes] = [[], 0];
    await (level > 0 ? contents.keepNodes(kept) : contents.blobs.writeMany(kept));
  };
  for await (const blob of remote.getMany(folder, [...names], signal)) {
    if (!awaited.delete(blob.name) || blob.bytes === undefined)
      throw new EvermeshError('MESSAGE_UNEXPECTED', `The peer gave blob ${blob.name}, which is no chunk.`);
    if (toHex(sha256(blob.bytes)) !== blob.name)
      throw new EvermeshError('BLOB_DAMAGED', `Chunk ${blob.name} did not arrive as it is.`);
    held.push({ ...blob, bytes: blob.bytes });
    bytes += blob.size;
    if (bytes >= HELD_BYTES) await keep();
  }
  await keep();
  if (awaited.size > 0) throw new EvermeshError('BLOB_NOT_FOUND', 'The peer does not have all of a content.');
}
